using Rxelon.Shared.Verification;

namespace Rxelon.Shared.Api;

/// <summary>
/// GET /v1/tasks/{id}/comparisons?wait=SECONDS: parts whose results differ and wait for their owner's client, as soon as there are any, or none
/// when the wait is over. <see cref="Phase"/> tells when there will be no more.
/// </summary>
public sealed record ComparisonsResponse(string Phase, IReadOnlyList<ComparisonInfo> Comparisons);

/// <summary>One part and every result of it that is to be compared, in the order of the parts' list.</summary>
public sealed record ComparisonInfo(int Part, IReadOnlyList<ComparedResultInfo> Results);

/// <summary>One result: its attempt, whose result key opens it, and where its ciphertext is.</summary>
public readonly record struct ComparedResultInfo(int Part, int Attempt, BlobInfo Result);

/// <summary>POST /v1/tasks/{id}/comparisons.</summary>
public sealed record CompareRequest(IReadOnlyList<ComparedInfo> Compared);

/// <summary>
/// Which of a part's results are equal: every one of them in exactly one class, and the owner's signature (<c>SignedStatements.Compare</c>).
/// </summary>
public sealed record ComparedInfo(int Part, IReadOnlyList<IReadOnlyList<ResultAttempt>> Classes, byte[] Signature);

/// <summary>Which comparisons did not count, and why; one that is not awaited any more is no reason for concern.</summary>
public sealed record CompareResponse(IReadOnlyList<ComparisonRefusalInfo> Refused);

/// <summary>One comparison that did not count.</summary>
public sealed record ComparisonRefusalInfo(int Part, FaultInfo Fault);
