// The limiting tangent kernel of a deep ReLU network and the spectrum of its Gram matrix, for the explorers.
// Compared with ntklib on a grid by tests/book/test_explorers.py.
(function () {
  "use strict";

  // sin t - t cos t, a series where the difference would cancel
  function sineMinusTCos(t) {
    if (t > 0.5) return Math.sin(t) - t * Math.cos(t);
    let term = (t * t * t) / 3, sum = 0;
    for (let k = 1; term !== 0 && k < 12; k++) {
      sum += term;
      term *= (-t * t * (2 * k + 2)) / (2 * k * (2 * k + 2) * (2 * k + 3));
    }
    return sum;
  }

  // K/L and G of two unit vectors at an angle: the recursion in sin^2 of half the angle
  function profile(angle, depth) {
    let s2 = Math.sin(angle / 2) ** 2, K = 1 - 2 * s2;
    for (let l = 1; l < depth; l++) {
      const theta = 2 * Math.atan2(Math.sqrt(s2), Math.sqrt(1 - s2));
      s2 = Math.max(0, s2 - sineMinusTCos(theta) / (2 * Math.PI));
      K = K * (1 - theta / Math.PI) + 1 - 2 * s2;
    }
    return { G: 1 - 2 * s2, K };
  }

  // numbers in (0, 1), the same for the same seed
  function uniform(seed) {
    let a = seed >>> 0;
    return function () {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
  }

  function normal(seed) {
    const draw = uniform(seed);
    return () => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
  }

  function unit(x) {
    const size = Math.hypot(...x);
    return x.map((v) => v / size);
  }

  // N unit vectors in dimension d; the second lies at the given distance from the first
  function points(N, d, distance, seed) {
    const draw = normal(seed);
    const X = Array.from({ length: N }, () => unit(Array.from({ length: d }, draw)));
    if (distance === null) return X;
    const angle = 2 * Math.asin(distance / 2), [x, y] = X;
    const inner = dot(x, y);
    const across = unit(y.map((v, k) => v - inner * x[k]));
    X[1] = x.map((v, k) => Math.cos(angle) * v + Math.sin(angle) * across[k]);
    return X;
  }

  function dot(x, y) {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += x[k] * y[k];
    return sum;
  }

  // the angle from the two chords: right for close and for opposite vectors
  function angle(x, y) {
    let minus = 0, plus = 0;
    for (let k = 0; k < x.length; k++) {
      minus += (x[k] - y[k]) ** 2;
      plus += (x[k] + y[k]) ** 2;
    }
    return 2 * Math.atan2(Math.sqrt(minus), Math.sqrt(plus));
  }

  // the symmetric matrix of order n with f(i, j) in its entries
  function symmetric(n, f) {
    const A = Array.from({ length: n }, () => new Float64Array(n));
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) A[i][j] = A[j][i] = f(i, j);
    return A;
  }

  // eigenvalues of a symmetric matrix, ascending: Householder's tridiagonal form, then QL steps with implicit shifts
  function eigenvalues(matrix) {
    const A = matrix.map((row) => Float64Array.from(row)), n = A.length;
    const d = new Float64Array(n), e = new Float64Array(n);
    for (let k = n - 1; k > 0; k--) reduce(A, k, e);
    for (let k = 0; k < n; k++) d[k] = A[k][k];
    for (let l = 0; l < n; l++) settle(d, e, l);
    return Array.from(d).sort((a, b) => a - b);
  }

  // a reflection that empties row k of the leading block left of its last but one entry, which goes to e[k - 1]
  function reduce(A, k, e) {
    const row = A[k];
    let norm = 0;
    for (let j = 0; j < k; j++) norm = Math.hypot(norm, row[j]);
    const alpha = row[k - 1] > 0 ? -norm : norm;
    e[k - 1] = alpha;
    if (norm === 0) return;
    const v = row.slice(0, k);
    v[k - 1] -= alpha;
    const half = norm * (norm + Math.abs(row[k - 1])); // |v|^2 / 2
    const p = new Float64Array(k);
    for (let i = 0; i < k; i++) p[i] = dot(A[i].subarray(0, k), v) / half;
    const shift = dot(p, v) / (2 * half);
    for (let i = 0; i < k; i++) p[i] -= shift * v[i];
    for (let i = 0; i < k; i++) {
      const a = A[i], vi = v[i], pi = p[i];
      for (let j = 0; j < k; j++) a[j] -= vi * p[j] + pi * v[j];
    }
  }

  // QL steps on the tridiagonal matrix until e[l] is negligible
  function settle(d, e, l) {
    const n = d.length;
    for (let tries = 0; tries < 60; tries++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) return;
      const slope = (d[l + 1] - d[l]) / (2 * e[l]), root = Math.hypot(slope, 1);
      let g = d[m] - d[l] + e[l] / (slope + (slope < 0 ? -root : root));
      let s = 1, c = 1, p = 0, i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i], b = c * e[i];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) break;
        s = f / r;
        c = g / r;
        const q = d[i + 1] - p, t = (d[i] - q) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = q + p;
        g = c * t - b;
      }
      if (i >= l) {
        d[i + 1] -= p;
        e[m] = 0;
        continue;
      }
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }

  // 2 mu_r^2 of ReLU for even r >= 2: the share of one Hermite order in the covariance of the first layer
  function orderShare(r) {
    let share = 1 / (2 * Math.PI); // r = 2
    for (let k = 2; k < r; k += 2) share *= ((k - 1) * (k - 1)) / ((k + 1) * (k + 2));
    return share;
  }

  window.NTK = { profile, points, normal, dot, angle, symmetric, eigenvalues, orderShare };
})();
