namespace SlmOps.Inference;

/// <summary>How alike the embeddings of texts are that an encoder and its candidate give.</summary>
/// <param name="Output">The output that was pooled.</param>
/// <param name="Cosine">Mean over the texts of the cosine of both embeddings.</param>
/// <param name="LeastCosine">The lowest of them.</param>
/// <param name="Neighbours">
/// Share of each text's nearest texts, up to five of them by cosine, that are the same for both; null for texts of random
/// tokens, which are all alike far from each other, and for fewer than eight texts.
/// </param>
/// <param name="Texts">Texts compared.</param>
public sealed record EmbeddingAgreement(string Output, double Cosine, double LeastCosine, double? Neighbours, int Texts);
