using System.Text.Json.Serialization.Metadata;

namespace SlmOps.Contracts.Operator;

/// <summary>One call of the operators' interface.</summary>
/// <param name="Name">Name of the function that answers it.</param>
/// <param name="Method">HTTP method, lower case.</param>
/// <param name="Route">Path below <c>/api/</c>, with <c>{parameters}</c>.</param>
/// <param name="Role">What its caller's key must allow.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Answer">What a success holds.</param>
public sealed record OperatorCall(string Name, string Method, string Route, OperatorRole Role, string Summary, JsonTypeInfo Answer)
{
    /// <summary>True when it changes something; the audit log then has it.</summary>
    public bool Changes => Method != "get";

    /// <summary>Parameters of the query: name and meaning.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Refusals other than a bad name or key: status and meaning.</summary>
    public IReadOnlyDictionary<int, string> Refusals { get; init; } = new Dictionary<int, string>();
}
