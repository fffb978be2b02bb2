using System.Diagnostics.CodeAnalysis;

namespace SlmOps.Contracts;

/// <summary>
/// What <see cref="ModelName"/>, <see cref="ModelVersion"/>, <see cref="ChannelName"/> and <see cref="DeviceId"/> have in common.
/// </summary>
/// <typeparam name="T">The name itself.</typeparam>
public interface IName<T> : IEquatable<T>, IComparable<T>
    where T : struct, IName<T>
{
    /// <summary>What it names, for error messages: "model name".</summary>
    static abstract string What { get; }

    /// <summary>True for <c>default</c>, which stands for "none".</summary>
    bool IsEmpty { get; }

    /// <summary>Takes a text that is a <see cref="SafeName"/>; false for anything else.</summary>
    static abstract bool TryParse([NotNullWhen(true)] string? text, out T name);
}
