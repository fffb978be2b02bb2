using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace SlmOps.Pipeline.Api;

/// <summary>A whole number in a request's query.</summary>
internal static class QueryNumber
{
    /// <summary>False when there is something else than a number from 1 to the highest; null when there is nothing.</summary>
    internal static bool TryRead(HttpRequest request, string name, int highest, out int? number)
    {
        number = null;
        var text = request.Query[name].ToString();
        if (text.Length == 0)
        {
            return true;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var read) || read < 1 || read > highest)
        {
            return false;
        }

        number = read;
        return true;
    }
}
