import numpy as np

values = np.arange(1, 401, dtype=float).reshape(20, 20) % 17 + np.eye(20) * 30
print(np.linalg.matrix_rank(values), round(float(np.linalg.slogdet(values)[1]), 6))
print(np.round(np.linalg.solve(values, np.ones(20)), 8).tolist())
symmetric = values + values.T
print(np.round(np.sort(np.linalg.eigvalsh(symmetric)), 6).tolist())
left, singular, right = np.linalg.svd(values)
print(np.allclose(left @ np.diag(singular) @ right, values), np.round(singular, 6).tolist())
print(np.round(np.abs(np.fft.fft(values[0])), 6).tolist())
