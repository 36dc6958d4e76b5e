// The last stops of the course: how far a cost can fall, what it hides, saddles, minima, plateaus.

import { STOPS } from "./course_stops.js";

const LATER = [
  {
    id: "bound",
    section: { en: "Cost curves", ko: "비용 곡선" },
    title: { en: "The bound", ko: "증명된 하한" },
    ask: {
      en: "“Solve exactly” draws a line in the cost curve. When will gradient descent be below it?",
      ko: "‘정확히 풀기’를 누르면 비용 곡선에 선이 하나 그려집니다. 경사 하강법은 언제 그 아래로 내려갈까요?",
    },
    choices: [{ en: "After some thousand steps", ko: "수천 번 반복한 뒤" }, { en: "Never", ko: "절대 내려가지 않는다" }],
    right: 1,
    messages: [
      { type: "data", preset: "c3-bows", n: 300, test: 0.3 },
      { type: "model", classes: 3, hidden: [] },
      { type: "optimizer", name: "descent", lr: 1, batch: 0, l2: 0 },
      { type: "run" },
    ],
    move: "solve",
    look: "start",
    hint: { en: "Press “Solve exactly”.", ko: "‘정확히 풀기’를 눌러 보세요." },
    answer: {
      en: "Never. Without a hidden layer the cost is convex, and the line is a lower bound that is proven, not guessed: no weights at all have a lower cost.",
      ko: "내려가지 않습니다. 은닉층이 없으면 비용이 볼록 함수이고, 이 선은 추측이 아니라 증명된 하한입니다. 어떤 가중치로도 비용이 이보다 낮을 수 없습니다.",
    },
  },
  {
    id: "overfitting",
    section: { en: "Cost curves", ko: "비용 곡선" },
    title: { en: "By heart", ko: "외우기(과대적합)" },
    ask: {
      en: "60 noisy points and 32 + 32 hidden units. What will the test cost do while the training cost falls?",
      ko: "잡음이 많은 점 60개와 은닉 유닛 32 + 32개입니다. 훈련 비용이 내려가는 동안 테스트 비용은 어떻게 될까요?",
    },
    choices: [{ en: "Fall as well", ko: "함께 내려간다" }, { en: "Fall, then rise", ko: "내려가다가 오른다" }],
    right: 1,
    messages: [
      { type: "data", preset: "c3-arms", n: 60, noise: 0.6, test: 0.5 },
      { type: "model", classes: 3, hidden: [32, 32], activation: "tanh" },
      { type: "optimizer", name: "adam", lr: 0.01, batch: 0, l2: 0 },
      { type: "run" },
    ],
    move: "n",
    look: "start",
    hint: { en: "Take more points, or raise L2.", ko: "점을 늘리거나 L2를 키워 보세요." },
    answer: {
      en: "It falls, then rises. The network learns the points by heart, noise included, and is sure of itself where it is wrong. More points or L2 help.",
      ko: "내려가다가 오릅니다. 신경망이 잡음까지 훈련 데이터를 외워서, 틀린 곳에서도 확신하게 됩니다. 데이터를 늘리거나 L2 규제를 걸면 나아집니다.",
    },
  },
  {
    id: "saddle",
    section: { en: "A saddle", ko: "안장점" },
    title: { en: "A saddle", ko: "안장점" },
    ask: {
      en: "Gradient descent, both forms of Momentum, RMSprop and Adam walk to a saddle at learning rate 0.05. Who leaves it first?",
      ko: "경사 하강법, 두 가지 모멘텀, RMSprop, Adam이 모두 학습률 0.05로 안장점을 향해 갑니다. 어느 것이 가장 먼저 빠져나올까요?",
    },
    choices: [{ en: "Gradient descent", ko: "경사 하강법" }, { en: "Momentum (average)", ko: "모멘텀(평균형)" }, { en: "RMSprop", ko: "RMSprop" }],
    right: 2,
    tab: "race",
    race: {
      surface: "saddle", start: [1.5, 0.001], steps: 400, nudge: 0,
      only: ["descent", "momentum-average", "momentum-sum", "rmsprop", "adam"],
    },
    move: "race-nudge",
    look: "start",
    hint: { en: "Set w₂ to 0 exactly; then try a nudge of 0.01.", ko: "w₂를 정확히 0으로 놓고, 그다음 무작위로 0.01만큼 밀어 보세요." },
    answer: {
      en: "RMSprop after 15 steps, Adam 26, gradient descent 84; Momentum as an average 124. Dividing by the size of the gradient makes the small slope to the side count. From w₂ = 0 exactly nobody leaves without a random nudge.",
      ko: "RMSprop이 15번, Adam이 26번, 경사 하강법이 84번, 평균형 모멘텀이 124번 반복 만에 빠져나옵니다. 기울기의 크기로 나누면 옆으로 난 작은 기울기도 중요해지기 때문입니다. 정확히 w₂ = 0에서는 무작위로 밀어 주지 않으면 아무도 빠져나오지 못합니다.",
    },
  },
  {
    id: "count",
    section: { en: "A saddle", ko: "안장점" },
    title: { en: "How rare are minima?", ko: "최소점은 얼마나 드문가?" },
    ask: {
      en: "At a critical point in 10 dimensions, how likely do all 10 curvatures point up, if each were a coin?",
      ko: "10차원의 임계점에서 곡률의 부호가 동전 던지기와 같다면, 열 방향이 모두 위로 휠 확률은 얼마일까요?",
    },
    choices: [{ en: "1 in 2", ko: "1/2" }, { en: "1 in 10", ko: "1/10" }, { en: "About 1 in 1,000", ko: "약 1/1000" }],
    right: 2,
    tab: "race",
    race: { surface: "saddle" },
    move: "count-run",
    look: "start",
    hint: { en: "Press “Count critical points”.", ko: "‘임계점 세어 보기’를 눌러 보세요." },
    answer: {
      en: "2⁻¹⁰, about 1 in 1,000. In many dimensions nearly all critical points are saddles, so a network that stands still is hardly ever at a bad minimum. Counted on random functions, minima are rarer still.",
      ko: "2⁻¹⁰, 약 1/1000입니다. 차원이 높으면 임계점은 거의 모두 안장점이므로, 학습이 멈춘 신경망이 나쁜 지역 최솟값에 갇힌 경우는 드뭅니다. 무작위 함수에서 실제로 세어 보면 최소점은 그보다도 드뭅니다.",
    },
  },
  {
    id: "plateau",
    section: { en: "A plateau", ko: "고원(plateau)" },
    title: { en: "A plateau", ko: "고원(plateau)" },
    ask: {
      en: "The ground is nearly flat, slope 1/10,000. How many steps does gradient descent need to the valley?",
      ko: "기울기가 만분의 일인 거의 평평한 고원입니다. 경사 하강법은 골짜기까지 몇 번 반복해야 할까요?",
    },
    choices: [{ en: "About 400", ko: "약 400번" }, { en: "About 4,000", ko: "약 4,000번" }, { en: "About 40,000", ko: "약 40,000번" }],
    right: 2,
    tab: "race",
    race: {
      surface: "plateau", start: [3.5, 3], steps: 50000, nudge: 0,
      only: ["descent", "momentum-average", "momentum-sum", "rmsprop", "adam"],
    },
    move: "race-scrub",
    look: "end",
    hint: { en: "Move through the steps: their axis is logarithmic.", ko: "슬라이더로 반복을 따라가 보세요. 로그 눈금입니다." },
    answer: {
      en: "43,466, while RMSprop needs 40 and Adam 78. A step of gradient descent is as small as the slope; the others divide by it. Momentum as a sum takes steps ten times as long, which helps, but not by a thousand.",
      ko: "43,466번입니다. RMSprop은 40번, Adam은 78번이면 됩니다. 경사 하강법은 기울기만큼만 움직이지만, 두 알고리즘은 기울기의 크기로 나눕니다. 합형 모멘텀은 열 배씩 움직여서 빨라지기는 하지만 천 배까지는 아닙니다.",
    },
  },
];

export const COURSE = [...STOPS, ...LATER];
