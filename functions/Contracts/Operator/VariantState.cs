using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>Where a variant of a run is.</summary>
[JsonConverter(typeof(StateNames<VariantState>))]
public enum VariantState
{
    /// <summary>Is being built.</summary>
    Quantizing,

    /// <summary>Is being measured against the original.</summary>
    Validating,

    /// <summary>Refused, with a reason; the other variants go on.</summary>
    Refused,

    /// <summary>Accepted, and not released: it is the original again, or another variant is better in everything.</summary>
    LeftOut,

    /// <summary>Accepted; its package is being made.</summary>
    Packaging,

    /// <summary>Its package exists.</summary>
    Packaged,

    /// <summary>Accepted by validation, and tried in the device lab.</summary>
    Trying,
}
