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

    /// <summary>Signed in-toto test result: what the device lab found on other processors.</summary>
    LabResult,
}

/// <summary>A document about a variant, in the blob store.</summary>
/// <param name="Variant">Variant name.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Blob">Where it is.</param>
public sealed record Attestation(string Variant, AttestationKind Kind, BlobRef Blob)
{
    /// <summary>For the lab's word its result, as in-toto writes it: <c>PASSED</c> or <c>WARNED</c>; null for the others.</summary>
    public string? Result { get; init; }

    internal string MediaType => Kind == AttestationKind.BillOfMaterials ? MediaTypes.CycloneDx : MediaTypes.SigstoreBundle;

    internal string KindName => Kind switch
    {
        AttestationKind.ModelSignature => "model-signature",
        AttestationKind.TestResult => "test-result",
        AttestationKind.BillOfMaterials => "bill-of-materials",
        AttestationKind.LabResult => "lab-result",
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

/// <summary>What the device lab read off a variant.</summary>
/// <param name="Outcomes">Processor by processor.</param>
/// <param name="Machine">The processor of the lab's machine, which the others were compared with, for people.</param>
/// <param name="Configuration">Digest of what it was tried with: processors, text and bounds.</param>
public sealed record LabReading(IReadOnlyList<LabOutcome> Outcomes, string Machine, Digest Configuration)
{
    /// <summary>As in-toto writes it: <c>PASSED</c> when it passed wherever it was to be tried, else <c>WARNED</c>.</summary>
    public string Result => Outcomes.All(one => one.Passed) ? "PASSED" : "WARNED";
}
