using Google.Protobuf;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>The signed frames that end an attempt (statements: docs/design/signatures.md).</summary>
internal static class Reports
{
    private const int LongestMessage = 1000;

    /// <summary>The result; its ciphertext rides along when it is small, and was uploaded otherwise.</summary>
    internal static ToHub Result(
        NodeServices services, AttemptId id, BlobId input, CipherBlob result, Metering metering, bool stops = false, byte[]? commitment = null,
        IReadOnlyList<IReadOnlyList<ResultAttempt>>? compared = null)
    {
        var blob = new Blob { Id = ByteString.CopyFrom(result.Reference.Id.ToDigest()), Size = result.Reference.Size };
        if (result.Reference.IsInline)
            blob.Inline = UnsafeByteOperations.UnsafeWrap(result.ToArray());
        var statement = SignedStatements.Result(id, services.Node, input, result.Reference, metering, stops);
        var report = new AttemptReport
        {
            Attempt = id.ToKey(),
            InputId = ByteString.CopyFrom(input.ToDigest()),
            Result = blob,
            Metering = metering.ToWire(),
            Stop = stops,
            Signature = UnsafeByteOperations.UnsafeWrap(services.Identity.Sign(statement)),
        };
        if (commitment is not null)
        {
            report.Commitment = UnsafeByteOperations.UnsafeWrap(commitment);
            report.CommitSignature = UnsafeByteOperations.UnsafeWrap(services.Identity.Sign(SignedStatements.Commit(id, services.Node, commitment)));
        }

        if (compared is not null)
        {
            report.Equal.AddRange(compared.Select(c => new EqualResults { Attempts = { c.Select(a => new AttemptId(id.Task, a.Part, a.Attempt).ToKey()) } }));
            report.EqualSignature = UnsafeByteOperations.UnsafeWrap(services.Identity.Sign(SignedStatements.Compare(id.Task, id.Part, compared)));
        }

        return new ToHub { Report = report };
    }

    /// <summary>The failure, with the end of the log encrypted for the owner, and with what the program left for the next attempt.</summary>
    internal static ToHub Failure(NodeServices services, AttemptId id, Fault fault, Metering metering, byte[]? log, CipherBlob? checkpoint = null)
    {
        var message = fault.Message.Length > LongestMessage ? fault.Message[..LongestMessage] : fault.Message;
        var failure = new AttemptFailure
        {
            Attempt = id.ToKey(),
            Code = fault.Code,
            Message = message,
            Culprit = (uint)fault.Culprit,
            Retryable = fault.Retryable,
            Metering = metering.ToWire(),
            Signature = UnsafeByteOperations.UnsafeWrap(services.Identity.Sign(SignedStatements.Failure(id, services.Node, fault.Code, message))),
        };
        if (log is not null)
        {
            failure.Log = new Blob
            {
                Id = ByteString.CopyFrom(BlobId.Of(log).ToDigest()),
                Size = log.Length,
                Inline = UnsafeByteOperations.UnsafeWrap(log),
            };
        }

        if (checkpoint is not null)
        {
            failure.Checkpoint = new Blob { Id = ByteString.CopyFrom(checkpoint.Reference.Id.ToDigest()), Size = checkpoint.Reference.Size };
            if (checkpoint.Reference.IsInline)
                failure.Checkpoint.Inline = UnsafeByteOperations.UnsafeWrap(checkpoint.ToArray());
            failure.CheckpointSignature = UnsafeByteOperations.UnsafeWrap(
                services.Identity.Sign(SignedStatements.Checkpoint(id, services.Node, checkpoint.Reference)));
        }

        return new ToHub { Failure = failure };
    }
}
