namespace SlmOps.Quantizer.Schemes;

/// <summary>A form in which a weight can be stored.</summary>
internal abstract record WeightScheme
{
    private protected WeightScheme()
    {
    }
}
