// The tasks: what to reach, and how the page sees from events that it is reached.
// `check(event, memory, store)` is called with each event of a type in `when`; memory is the task's own.

const accuracy = (event) => event.train?.accuracy ?? 0;
const hidden = (store) => store.state?.model.hidden ?? [];
const units = (store) => hidden(store).reduce((sum, width) => sum + width, 0);
const classes = (store) => store.state?.model.classes ?? 0;
const arrival = (run) => (run.reached === null || run.reached === undefined ? Infinity : run.reached);

const CHANGES = new Set(["data", "points", "weight", "nudge", "zero", "restore"]);
const changesCost = ({ type, l2, apply }, store) =>
  CHANGES.has(type) || Boolean(apply) || (l2 !== undefined && l2 !== store.state?.optimizer.l2);

export const CARDS = [
  {
    id: "fail",
    title: { en: "Make C = 3 fail", ko: "C = 3을 실패하게 하기" },
    task: {
      en: "Three classes, no hidden layer: find or paint at least 60 points of which less than 80 % are right after 500 steps.",
      ko: "클래스 세 개, 은닉층 없음. 점을 60개 이상 골라 넣거나 그려서, 500번 반복한 뒤에도 정확도가 80 % 미만이 되게 하세요.",
    },
    hint: { en: "Lines cannot surround a class.", ko: "직선으로는 한 클래스를 둘러쌀 수 없습니다." },
    when: ["progress"],
    check: (event, memory, store) =>
      classes(store) === 3 && hidden(store).length === 0 && event.step >= 500 &&
      store.points().xy.length >= 60 && accuracy(event) < 0.8,
  },
  {
    id: "bend",
    title: { en: "Then mend it", ko: "은닉층으로 고치기" },
    task: {
      en: "The spiral: at least 97 % right with at most 8 hidden units altogether.",
      ko: "나선 데이터를 은닉 유닛을 모두 합쳐 8개 이하로 써서 97 % 이상 맞히세요.",
    },
    hint: { en: "One layer, tanh, Adam, and patience.", ko: "은닉층 하나, tanh, Adam, 그리고 조금의 기다림." },
    when: ["progress"],
    check: (event, memory, store) =>
      store.state?.preset === "spiral" && units(store) > 0 && units(store) <= 8 &&
      store.points().xy.length >= 60 && accuracy(event) >= 0.97,
  },
  {
    id: "bound",
    title: { en: "Reach the bound", ko: "하한에 도달하기" },
    task: {
      en: "No hidden layer: solve exactly, then come within a thousandth of the proven bound by gradient descent.",
      ko: "은닉층 없이 정확히 푼 다음, 경사 하강법으로 증명된 하한의 천분의 일 이내까지 다가가세요.",
    },
    hint: { en: "A larger learning rate, and L2 = 0.01.", ko: "학습률을 키우고 L2 = 0.01로 두어 보세요." },
    when: ["solved", "progress", "state"],
    check(event, memory, store) {
      const state = store.state;
      const key = JSON.stringify([state?.preset, state?.data, state?.model.hidden, state?.optimizer.l2]);
      if (event.type === "solved") Object.assign(memory, { bound: event.bound, key, at: store.step() });
      if (event.type === "state" && memory.key !== key) memory.bound = undefined;
      return (
        event.type === "progress" && memory.bound !== undefined && memory.key === key &&
        state.optimizer.name === "descent" && event.step > 0 &&
        event.train.cost <= memory.bound + 1e-3 * Math.abs(memory.bound)
      );
    },
  },
  {
    id: "plateau",
    title: { en: "Cross the plateau", ko: "고원(plateau) 건너기" },
    task: {
      en: "In the race: reach the valley of the plateau from (3.5, 3) in at most 50 steps.",
      ko: "경주에서 고원의 (3.5, 3)에서 출발해 50번 이하로 반복하여 골짜기에 도착하세요.",
    },
    hint: { en: "Divide by the size of the gradient.", ko: "기울기의 크기로 나누는 알고리즘을 쓰세요." },
    when: ["race"],
    check: (event, memory, store) =>
      isSurface(event, "plateau") && near(event.start, [3.5, 3]) && event.runs.some((run) => arrival(run) <= 50),
  },
  {
    id: "adam",
    title: { en: "Make Adam lose", ko: "Adam이 지게 하기" },
    task: {
      en: "Race on one parameter: find a learning rate, the same for both, at which gradient descent arrives within 10 steps and Adam later.",
      ko: "매개변수 하나의 경주에서, 두 알고리즘에 같은 학습률을 주어 경사 하강법은 10번 이하로 도착하고 Adam은 더 늦게 도착하게 하세요.",
    },
    hint: { en: "Each step leaves |1 − 2α| of the distance.", ko: "반복할 때마다 거리의 |1 − 2α|배가 남습니다." },
    when: ["sent", "race"],
    check(event, memory) {
      if (event.type === "sent") {
        if (event.message.type === "race") memory.asked = event.message;
        return false;
      }
      const rate = (name) => memory.asked?.optimizers?.find((each) => each.name === name)?.lr;
      const run = (name) => event.runs.find((each) => each.name === name);
      return (
        memory.asked?.surface === "quadratic" && rate("adam") === rate("descent") && Boolean(run("adam")) &&
        arrival(run("descent")) <= 10 && arrival(run("adam")) > arrival(run("descent"))
      );
    },
  },
  {
    id: "nudge",
    title: { en: "Off the saddle", ko: "안장점에서 빠져나오기" },
    task: {
      en: "In the race: start on the axis of the saddle, w₂ = 0, and let an optimizer leave it.",
      ko: "경주에서 안장점의 축 위, w₂ = 0에서 출발해 빠져나오게 하세요.",
    },
    hint: { en: "Nothing pushes sideways: push by chance.", ko: "옆으로 미는 힘이 없습니다. 무작위로 밀어 주세요." },
    when: ["race"],
    check: (event) =>
      isSurface(event, "saddle") && event.start?.[1] === 0 && event.runs.some((run) => arrival(run) < Infinity),
  },
  {
    id: "zero",
    title: { en: "Wake the zeros", ko: "0에서 깨우기" },
    task: {
      en: "With a hidden layer set all weights to zero, see that training stands still, and train to 90 % all the same.",
      ko: "은닉층을 두고 가중치를 모두 0으로 놓으면 학습이 멈춥니다. 그 상태에서 90 % 이상까지 학습시키세요.",
    },
    hint: { en: "Symmetric units stay alike until a nudge.", ko: "대칭인 유닛은 밀어 주기 전까지 똑같이 움직입니다." },
    when: ["sent", "progress", "state"],
    check(event, memory, store) {
      if (event.type === "sent") {
        if (event.message.type === "zero") memory.zero = true;
        if (["reset", "model", "data"].includes(event.message.type)) memory.zero = false;
      }
      return event.type === "progress" && memory.zero === true && hidden(store).length > 0 && event.step > 0 && accuracy(event) >= 0.9;
    },
  },
  {
    id: "overfit",
    title: { en: "By heart", ko: "외우게 하기" },
    task: {
      en: "Training accuracy at least 99 %, test accuracy at least 15 points lower.",
      ko: "훈련 정확도는 99 % 이상, 테스트 정확도는 그보다 15 %p 이상 낮게 만드세요.",
    },
    hint: { en: "Few points, much noise, many units.", ko: "점은 적게, 잡음은 크게, 유닛은 많게 하세요." },
    when: ["progress"],
    check: (event) => Boolean(event.test) && accuracy(event) >= 0.99 && event.test.accuracy <= accuracy(event) - 0.15,
  },
  {
    id: "six",
    title: { en: "Six at once", ko: "여섯을 한꺼번에" },
    task: {
      en: "Six classes, no hidden layer, at least 200 points, 95 % right.",
      ko: "클래스 여섯 개, 은닉층 없음, 점 200개 이상에서 95 % 이상 맞히세요.",
    },
    hint: { en: "Less noise.", ko: "잡음을 줄이세요." },
    when: ["progress"],
    check: (event, memory, store) =>
      classes(store) === 6 && hidden(store).length === 0 && store.points().xy.length >= 200 && accuracy(event) >= 0.95,
  },
  {
    id: "diverge",
    title: { en: "Too fast", ko: "너무 빠르게" },
    task: {
      en: "By the learning rate alone make the cost more than twice what it was at step 0.",
      ko: "학습률만으로 비용을 첫 값의 두 배보다 크게 만드세요.",
    },
    hint: { en: "Gradient descent, a learning rate of 100, after a reset.", ko: "처음으로 되돌린 뒤 경사 하강법에 학습률 100을 써 보세요." },
    when: ["progress", "event", "sent", "state"],
    check(event, memory, store) {
      // Other points, weights or another penalty on the way: then it was not the learning rate alone.
      if (event.type === "state" && event.step === 0) memory.other = false;
      if (event.type === "sent" && store.step() > 0) memory.other ||= changesCost(event.message, store);
      if (memory.other) return false;
      if (event.type === "event") return event.kind === "diverged";
      if (event.type !== "progress") return false;
      const first = store.history?.[0];
      return Boolean(first) && first[0] === 0 && event.step > 0 && event.train.cost > 2 * first[1];
    },
  },
  {
    id: "certain",
    title: { en: "Sure and wrong", ko: "확신하면서 틀리기" },
    task: {
      en: "Find or paint a labelled point whose class gets a probability below 1 %, and look at it: its loss is above 4.6.",
      ko: "정답 클래스의 확률이 1 % 미만인 점을 찾거나 그려서 살펴보세요. 손실이 4.6보다 큽니다.",
    },
    hint: { en: "Paint a point deep inside another region.", ko: "다른 클래스의 영역 깊숙이 점을 찍어 보세요." },
    when: ["probe"],
    check: (event) => typeof event.loss === "number" && event.loss > 4.605,
  },
  {
    id: "convex",
    title: { en: "Proven", ko: "증명하기" },
    task: {
      en: "Solve exactly with a proven gap of at most a millionth of the cost.",
      ko: "정확히 풀어서, 증명된 갭(gap)이 비용의 백만분의 일 이하가 되게 하세요.",
    },
    hint: { en: "No hidden layer.", ko: "은닉층을 없애세요." },
    when: ["solved"],
    check: (event) => event.proven === true && event.gap <= 1e-6 * Math.abs(event.cost),
  },
];

function isSurface(event, name) {
  return event.asked === name || String(event.surface?.name ?? "").includes(name);
}

function near(start, wanted) {
  return Array.isArray(start) && wanted.every((value, k) => Math.abs(start[k] - value) < 0.02);
}
