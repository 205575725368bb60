using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Pure checks of what a node reports about an attempt.</summary>
internal static class ReportCheck
{
    // Result archives carry names and ciphertext tags besides the program's output.
    private const long ArchiveOverhead = 1 << 20;

    internal static long MaxResultBytes(long outputBytes) => outputBytes + (outputBytes / 8) + ArchiveOverhead;

    /// <summary>Null when the result may be stored, else the node's fault.</summary>
    internal static Fault? Of(
        AttemptReport report, AttemptId attempt, NodeId node, BlobRef result, BlobId input, long outputBytes, byte[] identityKey)
    {
        if (BlobId.FromDigest(report.InputId.Span) != input)
            return new Fault(FaultCodes.HashMismatch, "The node computed on another input than it was given.", Culprit.Node, Retryable: true);
        var statement = SignedStatements.Result(attempt, node, input, result, WireMap.Metering(report.Metering), report.Stop);
        if (!Signatures.Verify(identityKey, statement, report.Signature.Span))
            return new Fault(FaultCodes.BadSignature, "The result is not signed by the node's identity.", Culprit.Node, Retryable: true);
        if (!report.Commitment.IsEmpty && (report.Commitment.Length != AnswerCommitment.Size
            || !Signatures.Verify(identityKey, SignedStatements.Commit(attempt, node, report.Commitment.Span), report.CommitSignature.Span)))
            return new Fault(FaultCodes.BadSignature, "The promise of an answer is not signed by the node's identity.", Culprit.Node, Retryable: true);
        if (report.Equal.Count > VerifySpec.MaxOf
            || (report.Equal.Count > 0 && !Signatures.Verify(identityKey, SignedStatements.Compare(attempt.Task, attempt.Part, ClassesOf(report)), report.EqualSignature.Span)))
            return new Fault(FaultCodes.BadSignature, "What the comparison found is not signed by the node's identity.", Culprit.Node, Retryable: true);
        if (result.Size > MaxResultBytes(outputBytes))
            return new Fault(FaultCodes.OutputLimit, "The result is larger than the task allows.", Culprit.Program, Retryable: true);
        if (result.IsInline && !IsWhole(report.Result, result))
            return new Fault(FaultCodes.HashMismatch, "The result that arrived at the hub is not the one that was signed.", Culprit.Node, Retryable: true);
        return null;
    }

    /// <summary>What the node hands in to be continued elsewhere; null when there is nothing, or it is not signed, too large or not whole.</summary>
    internal static BlobRef? CheckpointOf(AttemptFailure failure, AttemptId attempt, NodeId node, long outputBytes, byte[]? identityKey)
        => failure.Code == FaultCodes.HandedOver && identityKey is not null && WireMap.TryRead(failure.Checkpoint, out var left)
            && left.Size <= MaxResultBytes(outputBytes) && (!left.IsInline || IsWhole(failure.Checkpoint, left))
            && Signatures.Verify(identityKey, SignedStatements.Checkpoint(attempt, node, left), failure.CheckpointSignature.Span)
            ? left : null;

    internal static bool IsSigned(AttemptFailure failure, AttemptId attempt, NodeId node, byte[] identityKey)
        => Signatures.Verify(identityKey, SignedStatements.Failure(attempt, node, failure.Code, failure.Message), failure.Signature.Span);

    /// <summary>Which results a comparison found equal; numbers that cannot be are none's.</summary>
    internal static IReadOnlyList<IReadOnlyList<ResultAttempt>> ClassesOf(AttemptReport report)
        => [.. report.Equal.Select(c => (IReadOnlyList<ResultAttempt>)[.. c.Attempts.Select(a => new ResultAttempt((int)Math.Min(a.Part, int.MaxValue), (int)Math.Min(a.Number, int.MaxValue)))])];

    /// <summary>True when the inline bytes are the blob that was named.</summary>
    internal static bool IsWhole(Blob blob, BlobRef reference)
        => blob.Inline.Length == reference.Size && reference.IsInline && BlobId.Of(blob.Inline.Span) == reference.Id;
}
