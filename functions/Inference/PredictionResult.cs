namespace SlmOps.Inference;

/// <summary>What a file of predictions holds.</summary>
/// <param name="Positions">Predictions: one for each token of each window.</param>
/// <param name="Windows">Windows.</param>
/// <param name="Vocabulary">Tokens that the model tells apart.</param>
/// <param name="MostKept">Most tokens kept of one position; the vocabulary when none was left out.</param>
/// <param name="Perplexity">exp of the mean negative log-likelihood of the text; NaN or infinite when the logits are.</param>
/// <param name="Bytes">Size of the file.</param>
public sealed record PredictionResult(int Positions, int Windows, int Vocabulary, int MostKept, double Perplexity, long Bytes);
