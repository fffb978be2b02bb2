using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>What the holder of an operator's key may do; each role includes the ones before it.</summary>
[JsonConverter(typeof(StateNames<OperatorRole>))]
public enum OperatorRole
{
    /// <summary>Looks.</summary>
    Read,

    /// <summary>Moves rollouts, ends runs, withdraws, admits and revokes devices.</summary>
    Operate,

    /// <summary>Deletes, and gives keys.</summary>
    Admin,
}
