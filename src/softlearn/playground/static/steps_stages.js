// The forward and backward pass of one example as a list of stages, each with its matrices.
// Columns are examples, as in the course: x is 2 x 1. The library keeps examples in rows: X is n x 2.

import { column, equation, matrix } from "./matrix.js";
import { number } from "./tabs_dom.js";

const transposed = (rows) => rows[0].map((_, c) => rows.map((row) => row[c]));
const by = (r, c) => `${r} × ${c}`;

/** Shapes of z = W a + b in columns and in rows. */
function affine(l, units, inputs) {
  return {
    course: `z[${l}] = W[${l}] a[${l - 1}] + b[${l}]:  (${by(units, 1)}) = (${by(units, inputs)})(${by(inputs, 1)}) + (${by(units, 1)})`,
    library: `Z = A Wᵀ + b:  (${by("n", units)}) = (${by("n", inputs)})(${by(inputs, units)}) + (${units})`,
  };
}

const DERIVATIVE = { tanh: "1 − a²", relu: "1 (z > 0)", sigmoid: "a (1 − a)", logistic: "a (1 − a)", identity: "1" };

function input(example) {
  return {
    title: { en: "The example", ko: "입력" },
    course: `x = a[0]:  (${by(example.x.length, 1)})`,
    library: `X:  (${by("n", example.x.length)})`,
    text: {
      en: "One data point. In the course an example is a column and X has m columns; in softlearn an example is a row and X has n rows. Every product below is the same, transposed.",
      ko: "데이터 하나입니다. 강의에서는 샘플이 열이고 X에는 열이 m개 있습니다. softlearn에서는 샘플이 행이고 X에는 행이 n개 있습니다. 아래의 곱은 모두 전치만 다를 뿐 같습니다.",
    },
    draw: () => equation(column("x", example.x)),
  };
}

function forward(example, l) {
  const layer = example.layers[l - 1];
  const before = l === 1 ? example.x : example.layers[l - 2].a;
  return {
    title: { en: `Layer ${l}: z`, ko: `${l}층: z` },
    ...affine(l, layer.z.length, before.length),
    text: {
      en: "Each row of W belongs to a unit: its weights times the inputs, plus its bias.",
      ko: "W의 행 하나가 유닛 하나입니다. 가중치와 입력을 곱해 더하고 편향을 더합니다.",
    },
    draw: () =>
      equation(
        column(`z[${l}]`, layer.z), "=", matrix(`W[${l}]`, layer.W), "·", column(`a[${l - 1}]`, before), "+",
        column(`b[${l}]`, layer.b),
      ),
  };
}

function activated(example, l) {
  const layer = example.layers[l - 1];
  const g = example.activation;
  return {
    title: { en: `Layer ${l}: a`, ko: `${l}층: a` },
    course: `a[${l}] = ${g}(z[${l}]):  (${by(layer.a.length, 1)})`,
    library: `A = ${g}(Z):  (${by("n", layer.a.length)})`,
    text: {
      en: `The activation ${g}, unit by unit. Without it two layers would be one linear map.`,
      ko: `활성화 함수 ${g}를 유닛마다 적용합니다. 활성화 함수가 없으면 두 층은 하나의 선형 변환과 같습니다.`,
    },
    draw: () => equation(column(`a[${l}]`, layer.a), "=", `${g}(`, column(`z[${l}]`, layer.z), ")"),
  };
}

function exponentials(example) {
  const C = example.t.length;
  return {
    title: { en: "Softmax: t", ko: "소프트맥스: t" },
    course: `t = e^z:  (${by(C, 1)}), Σ t = ${number(example.sum, 4)}`,
    library: `(${by("n", C)})`,
    text: { en: "The exponential makes every logit positive.", ko: "지수 함수를 거치면 모든 로짓이 양수가 됩니다." },
    draw: () => equation(column("t", example.t), "= exp(", column("z", example.z), ")"),
  };
}

function probabilities(example) {
  const C = example.a.length;
  return {
    title: { en: "Softmax: a", ko: "소프트맥스: a" },
    course: `a = t / Σ t:  (${by(C, 1)})`,
    library: `predict_proba(X):  (${by("n", C)})`,
    text: {
      en: "Divided by their sum, they are probabilities: the output ŷ of the network.",
      ko: "합으로 나누면 확률이 됩니다. 이것이 신경망의 출력 ŷ입니다.",
    },
    draw: () => equation(column("a", example.a, { strong: example.label }), "=", column("t", example.t), `/ ${number(example.sum, 4)}`),
  };
}

function loss(example) {
  const k = example.label;
  return {
    title: { en: "The loss", ko: "손실" },
    course: `L = −Σ y log a = −log ${number(example.a[k], 4)} = ${number(example.loss, 4)}`,
    library: `log_loss, −predict_log_proba(X)[i, ${k}]`,
    text: {
      en: "Cross-entropy looks only at the probability of the true class, marked in the columns.",
      ko: "교차 엔트로피는 정답 클래스(표시된 행)의 확률만 봅니다.",
    },
    draw: () => equation("L( ", column("a", example.a, { strong: k }), ",", column("y", example.y, { strong: k }), `) = ${number(example.loss, 5)}`),
  };
}

function firstBack(example, L) {
  const C = example.a.length;
  return {
    title: { en: `Back: dz of layer ${L}`, ko: `역전파: ${L}층의 dz` },
    course: `dz[${L}] = a − y:  (${by(C, 1)})`,
    library: `dZ = A − Y:  (${by("n", C)})`,
    text: {
      en: "The whole derivative of softmax and cross-entropy. Its entries sum to zero: what the true class gains, the others lose.",
      ko: "소프트맥스와 교차 엔트로피를 합친 미분이 이것 전부입니다. 성분의 합은 0입니다. 정답 클래스가 얻는 만큼 나머지가 잃습니다.",
    },
    draw: () =>
      equation(column(`dz[${L}]`, example.back[0].dz, { strong: example.label }), "=", column("a", example.a), "−", column("y", example.y)),
  };
}

function weightsBack(example, l, back) {
  const before = l === 1 ? example.x : example.layers[l - 2].a;
  const [units, inputs] = [back.dz.length, before.length];
  return {
    title: { en: `Back: dW and db of layer ${l}`, ko: `역전파: ${l}층의 dW와 db` },
    course: `dW[${l}] = dz[${l}] a[${l - 1}]ᵀ:  (${by(units, inputs)}) = (${by(units, 1)})(${by(1, inputs)}),  db[${l}] = dz[${l}]`,
    library: `dW = dZᵀ A / n:  (${by(units, inputs)}) = (${by(units, "n")})(${by("n", inputs)})`,
    text: {
      en: "A weight is changed by the error of its unit times its input. Over all examples the mean is taken.",
      ko: "가중치는 그 유닛의 오차와 입력의 곱만큼 바뀝니다. 모든 샘플에 대해서는 평균을 냅니다.",
    },
    draw: () =>
      equation(
        matrix(`dW[${l}]`, back.dW), "=", column(`dz[${l}]`, back.dz), "·", matrix(`a[${l - 1}]ᵀ`, [before]),
        ",", column(`db[${l}]`, back.db),
      ),
  };
}

function hiddenBack(example, l, back, next) {
  const W = example.layers[l].W;
  const slope = DERIVATIVE[example.activation] ?? "g′(z)";
  const [units, above] = [back.dz.length, next.dz.length];
  return {
    title: { en: `Back: dz of layer ${l}`, ko: `역전파: ${l}층의 dz` },
    course: `dz[${l}] = W[${l + 1}]ᵀ dz[${l + 1}] ∗ g′(z[${l}]):  (${by(units, 1)}) = (${by(units, above)})(${by(above, 1)}),  g′ = ${slope}`,
    library: `dZ = (dZ W) ∗ g′(Z):  (${by("n", units)}) = (${by("n", above)})(${by(above, units)})`,
    text: {
      en: "The error goes back through the same weights, and through the slope of the activation.",
      ko: "오차는 같은 가중치를 거꾸로 지나고, 활성화 함수의 기울기가 곱해집니다.",
    },
    draw: () =>
      equation(
        column(`dz[${l}]`, back.dz), "=", matrix(`W[${l + 1}]ᵀ`, transposed(W)), "·", column(`dz[${l + 1}]`, next.dz),
        "∗ g′(", column(`z[${l}]`, example.layers[l - 1].z), ")",
      ),
  };
}

/** All stages of an example {x, y, label, layers, z, t, sum, a, loss, back, activation}. */
export function stagesOf(example) {
  const L = example.layers.length;
  const stages = [input(example)];
  for (let l = 1; l <= L; l += 1) {
    stages.push(forward(example, l));
    if (l < L) stages.push(activated(example, l));
  }
  stages.push(exponentials(example), probabilities(example));
  if (example.label === null || !example.back) return stages;
  stages.push(loss(example), firstBack(example, L), weightsBack(example, L, example.back[0]));
  for (let l = L - 1; l >= 1; l -= 1) {
    const [back, next] = [example.back[L - l], example.back[L - l - 1]];
    stages.push(hiddenBack(example, l, back, next), weightsBack(example, l, back));
  }
  return stages;
}
