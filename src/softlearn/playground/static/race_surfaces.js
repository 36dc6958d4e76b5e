// The surfaces of the race and the optimizers that can take part.

/** Name, words, where to start, learning rate, steps, and whether the curve of J begins logarithmic. */
export const SURFACES = [
  {
    name: "quadratic",
    title: { en: "One parameter", ko: "매개변수 하나" },
    formula: "J(w) = w² − 10w + 25",
    start: [0],
    lr: 0.01,
    steps: 1000,
    logarithmic: true,
    goal: { en: "|w − 5| < 0.0001", ko: "|w − 5| < 0.0001" },
    lesson: {
      en: "The first program of many courses. Each step of gradient descent leaves 98 % of the distance to 5 when the learning rate is 0.01: after one step w = 0.1.",
      ko: "프레임워크 강의에서 흔히 처음 짜 보는 프로그램입니다. 학습률이 0.01이면 경사 하강법은 한 번 반복할 때마다 5까지 남은 거리의 2 %를 갑니다. 첫 반복 뒤에 w = 0.1입니다.",
    },
  },
  {
    name: "ellipse",
    title: { en: "Ellipse", ko: "길쭉한 타원" },
    formula: "J(w) = (w₁² + 100·w₂²)/2",
    start: [-2.5, 0.6],
    lr: 0.015,
    steps: 500,
    logarithmic: true,
    goal: { en: "‖w‖ < 0.01", ko: "‖w‖ < 0.01" },
    lesson: {
      en: "A long valley, a hundred times steeper across than along. Gradient descent swings across it as the learning rate grows, and creeps along it; beyond 0.02 it flies out.",
      ko: "가로질러서는 길이 방향보다 백 배 가파른 길쭉한 골짜기입니다. 학습률이 커지면 경사 하강법은 골짜기를 가로질러 진동하면서 길이 방향으로는 느리게 나아가고, 0.02를 넘으면 밖으로 튀어 나갑니다.",
    },
  },
  {
    name: "saddle",
    title: { en: "Saddle", ko: "안장점" },
    formula: "J(w) = w₁² − w₂² + w₂⁴/4",
    start: [1.5, 0.001],
    lr: 0.05,
    steps: 400,
    goal: { en: "|w₂| > 1.3", ko: "|w₂| > 1.3" },
    lesson: {
      en: "The gradient leads to the saddle and is zero there. Exactly on the axis (w₂ = 0) no rule ever leaves: that is where a random nudge matters.",
      ko: "기울기는 안장점으로 이끌고, 안장점에서는 0입니다. 정확히 축 위(w₂ = 0)에서 출발하면 어떤 알고리즘도 빠져나오지 못합니다. 무작위로 살짝 밀어 주는 일이 중요한 곳이 바로 여기입니다.",
    },
  },
  {
    name: "plateau",
    title: { en: "Plateau", ko: "고원(plateau)" },
    formula: "J(w) = 1 − exp(−‖w‖²/2)",
    start: [3.5, 3],
    lr: 0.05,
    steps: 50000,
    goal: { en: "‖w‖ < 0.1", ko: "‖w‖ < 0.1" },
    lesson: {
      en: "Almost flat: a step of gradient descent is as small as the slope. RMSprop and Adam divide by the size of the gradient and walk on.",
      ko: "거의 평평한 곳입니다. 경사 하강법은 한 번 반복할 때 기울기만큼만 움직입니다. RMSprop과 Adam은 기울기의 크기로 나누므로 고원에서도 평소만큼 움직입니다.",
    },
  },
  {
    name: "network",
    title: { en: "The network", ko: "지금의 신경망" },
    formula: "J(W, b)",
    start: [],
    lr: 0.05,
    steps: 300,
    goal: null,
    lesson: {
      en: "The network of this page with its data, every optimizer from the same weights. The map shows the two directions in which the paths move most; the paths are projected on it. For the beginning of training press Reset and Pause first.",
      ko: "이 페이지의 신경망과 데이터입니다. 모든 알고리즘이 같은 가중치에서 출발합니다. 그림은 경로가 가장 많이 움직이는 두 방향을 보여 주며, 경로를 그 평면에 투영했습니다. 학습의 시작부터 보려면 먼저 ‘처음으로’와 ‘일시정지’를 누르세요.",
    },
  },
];

/** The optimizers: what is sent, how they are called, how they are drawn. */
export const RACERS = [
  {
    key: "descent",
    send: { name: "descent" },
    title: { en: "Gradient descent", ko: "경사 하강법" },
    rule: "w := w − α·g",
    dash: [],
  },
  {
    key: "momentum-average",
    send: { name: "momentum", average: true },
    title: { en: "Momentum, average", ko: "모멘텀(평균형)" },
    rule: "v := βv + (1 − β)g,  w := w − α·v",
    dash: [9, 4],
  },
  {
    key: "momentum-sum",
    send: { name: "momentum", average: false },
    title: { en: "Momentum, sum", ko: "모멘텀(합형)" },
    rule: "v := βv + g,  w := w − α·v",
    dash: [2, 3],
  },
  {
    key: "rmsprop",
    send: { name: "rmsprop" },
    title: { en: "RMSprop", ko: "RMSprop" },
    rule: "s := βs + (1 − β)g²,  w := w − α·g/(√s + ε)",
    dash: [9, 3, 2, 3],
  },
  {
    key: "adam",
    send: { name: "adam" },
    title: { en: "Adam", ko: "Adam" },
    rule: { en: "Momentum and RMSprop, both bias-corrected", ko: "모멘텀과 RMSprop, 둘 다 편향 보정" },
    dash: [14, 4],
  },
];

/** Kinds of points, as the session names them. */
export const KINDS = {
  minimum: { en: "minimum", ko: "최소점" },
  saddle: { en: "saddle", ko: "안장점" },
  plateau: { en: "plateau", ko: "고원" },
  "lowest end": { en: "lowest end", ko: "가장 낮은 끝점" },
};

export const surfaceOf = (name) => SURFACES.find((surface) => surface.name === name);
