"""Softmax regression: a linear score for each label, turned into probabilities."""

import math
import random


def fit(points, labels, epochs, learning_rate, l2, seed):
    """Return a model of ``labels`` given ``points``, by stochastic gradient descent."""
    names = sorted(set(labels))
    means, scales = standardisation(points)
    samples = [(standardise(point, means, scales), names.index(label)) for point, label in zip(points, labels)]
    weights = [[0.0] * (len(means) + 1) for _ in names]

    rng = random.Random(seed)
    for _ in range(epochs):
        rng.shuffle(samples)
        for sample, truth in samples:
            for index, probability in enumerate(probabilities(weights, sample)):
                error = probability - (index == truth)
                weights[index] = [w - learning_rate * (error * x + l2 * w) for w, x in zip(weights[index], sample)]

    return {"labels": names, "means": rounded(means), "scales": rounded(scales), "weights": list(map(rounded, weights))}


def predict(model, point):
    """Return the likeliest label of one point."""
    scores = probabilities(model["weights"], standardise(point, model["means"], model["scales"]))
    return model["labels"][scores.index(max(scores))]


def standardisation(points):
    """Return each feature's mean and standard deviation."""
    columns = list(zip(*points))
    means = [math.fsum(column) / len(column) for column in columns]
    variances = [math.fsum((x - mean) ** 2 for x in column) / len(column) for column, mean in zip(columns, means)]
    return means, [math.sqrt(variance) or 1.0 for variance in variances]


def standardise(point, means, scales):
    """Return the point in units of standard deviations, with a constant for the intercept."""
    return [(x - mean) / scale for x, mean, scale in zip(point, means, scales)] + [1.0]


def probabilities(weights, sample):
    scores = [math.fsum(w * x for w, x in zip(row, sample)) for row in weights]
    exponentials = [math.exp(score - max(scores)) for score in scores]
    total = math.fsum(exponentials)
    return [value / total for value in exponentials]


def rounded(values):
    return [round(value, 6) for value in values]
