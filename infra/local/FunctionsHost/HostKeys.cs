using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Keys of the host.</summary>
/// <param name="Master">Opens everything.</param>
/// <param name="Function">Opens every HTTP function of level Function.</param>
internal sealed record HostKeys(string Master, string Function)
{
    /// <summary>True when the request carries one of the keys, as <c>x-functions-key</c> or <c>?code=</c>.</summary>
    public static bool Opens(HttpRequest request, params ReadOnlySpan<string> keys)
    {
        var given = request.Headers.TryGetValue("x-functions-key", out var header) ? header.ToString() : request.Query["code"].ToString();
        var bytes = Encoding.UTF8.GetBytes(given);
        var opens = false;
        foreach (var key in keys)
        {
            opens |= CryptographicOperations.FixedTimeEquals(bytes, Encoding.UTF8.GetBytes(key));
        }

        return opens;
    }
}
