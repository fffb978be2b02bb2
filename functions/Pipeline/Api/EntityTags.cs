using Microsoft.AspNetCore.Http;

namespace SlmOps.Pipeline.Api;

/// <summary>Conditions on entity tags, as RFC 9110 reads them.</summary>
internal static class EntityTags
{
    private const string Weak = "W/";

    /// <summary>
    /// True when <c>If-None-Match</c> says that the caller has what it asks for: the header is <c>*</c>, or one of its tags is
    /// this one, where a weak tag counts as the strong one of the same text (13.1.2). A header that is no list of tags is none.
    /// </summary>
    /// <param name="request">The request; the header may stand in it several times.</param>
    /// <param name="etag">The tag of what there is, in quotes.</param>
    internal static bool NoneMatchNames(HttpRequest request, string etag)
    {
        var header = request.Headers.IfNoneMatch.ToString().AsSpan().Trim(" \t");
        if (header is "*")
        {
            return true;
        }

        var named = false;
        while (!header.IsEmpty)
        {
            // "a", W/"b" ,, "c,d": empty elements are allowed, and commas within quotes belong to the tag.
            if (header[0] is ',' or ' ' or '\t')
            {
                header = header[1..];
                continue;
            }

            var tag = header.StartsWith(Weak, StringComparison.Ordinal) ? header[Weak.Length..] : header;
            var end = tag.IsEmpty || tag[0] != '"' ? -1 : tag[1..].IndexOf('"') + 1;
            if (end <= 0)
            {
                return false;
            }

            named |= tag[..(end + 1)].SequenceEqual(etag);
            header = tag[(end + 1)..].TrimStart(" \t");
            if (!header.IsEmpty && header[0] != ',')
            {
                return false;
            }
        }

        return named;
    }
}
