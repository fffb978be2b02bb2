using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Statements;

/// <summary>What an attestation says of a variant.</summary>
public enum AttestationKind
{
    /// <summary>Signed list of the variant's files, as OpenSSF model-signing writes it.</summary>
    ModelSignature,

    /// <summary>Signed in-toto test result: the validation verdict with its figures.</summary>
    TestResult,

    /// <summary>CycloneDX 1.6 bill of materials. Not signed itself; the release's provenance names its digest.</summary>
    BillOfMaterials,
}

/// <summary>A document about a variant, in the blob store.</summary>
/// <param name="Variant">Variant name.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Blob">Where it is.</param>
public sealed record Attestation(string Variant, AttestationKind Kind, BlobRef Blob)
{
    internal string MediaType => Kind == AttestationKind.BillOfMaterials ? MediaTypes.CycloneDx : MediaTypes.SigstoreBundle;

    internal string KindName => Kind switch
    {
        AttestationKind.ModelSignature => "model-signature",
        AttestationKind.TestResult => "test-result",
        AttestationKind.BillOfMaterials => "bill-of-materials",
        _ => throw new ArgumentOutOfRangeException(nameof(Kind), Kind, null),
    };
}

/// <summary>How validation judged a variant.</summary>
/// <param name="Accepted">True when the policy let it through.</param>
/// <param name="Reason">The verdict in one sentence.</param>
/// <param name="Passed">Names of the tests it passed.</param>
/// <param name="Failed">Names of the tests it failed.</param>
/// <param name="Configuration">Digest of what it was tested with: evaluation data and policy.</param>
public sealed record ValidationOutcome(
    bool Accepted, string Reason, IReadOnlyList<string> Passed, IReadOnlyList<string> Failed, Digest Configuration);
