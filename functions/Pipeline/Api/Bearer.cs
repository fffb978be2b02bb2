using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace SlmOps.Pipeline.Api;

/// <summary>The token of <c>Authorization: Bearer …</c> (RFC 6750).</summary>
internal static class Bearer
{
    private const int MaxLength = 8 << 10;

    /// <summary>Null when there is none, or more than one.</summary>
    internal static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ Length: <= MaxLength } text]
        && AuthenticationHeaderValue.TryParse(text, out var header)
        && header is { Scheme: var scheme, Parameter.Length: > 0 }
        && scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            ? header.Parameter
            : null;
}
