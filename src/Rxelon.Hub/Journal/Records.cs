using Google.Protobuf;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>The pieces that records of several aggregates share, as journal.proto writes them.</summary>
internal static class Records
{
    internal static long Ticks(DateTimeOffset at) => at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    internal static DateTimeOffset Time(long ticks) => new(DateTimeOffset.UnixEpoch.Ticks + ticks, TimeSpan.Zero);

    internal static ByteString Bytes(byte[] bytes) => ByteString.CopyFrom(bytes);

    internal static ByteString Id(TaskId id) => UnsafeByteOperations.UnsafeWrap(id.ToBytes());

    internal static ByteString Id(AccountId id) => UnsafeByteOperations.UnsafeWrap(id.ToBytes());

    internal static ByteString Id(NodeId id) => UnsafeByteOperations.UnsafeWrap(id.ToBytes());

    internal static TaskId Task(ByteString id) => TaskId.FromBytes(id.Span);

    internal static AccountId Account(ByteString id) => AccountId.FromBytes(id.Span);

    internal static NodeId Node(ByteString id) => NodeId.FromBytes(id.Span);

    internal static Proto.Blob Blob(BlobRef blob)
        => new() { Id = UnsafeByteOperations.UnsafeWrap(blob.Id.ToDigest()), Size = blob.Size };

    internal static BlobRef Blob(Proto.Blob blob) => new(BlobId.FromDigest(blob.Id.Span), blob.Size);

    internal static Proto.Attempt Attempt(PartAttempt attempt) => new() { Part = attempt.Part, Number = attempt.Number };

    internal static PartAttempt Attempt(Proto.Attempt attempt) => new(attempt.Part, attempt.Number);

    internal static Proto.Fault Fault(Fault fault) => new()
    {
        Code = fault.Code,
        Message = fault.Message,
        Culprit = (int)fault.Culprit,
        Retryable = fault.Retryable,
    };

    internal static Fault Fault(Proto.Fault fault)
        => new(fault.Code, fault.Message, (Culprit)fault.Culprit, fault.Retryable);

    internal static Proto.Metering Metering(Metering m) => new()
    {
        WallMillis = m.WallMillis,
        CpuMillis = m.CpuMillis,
        PeakMemory = m.PeakMemory,
        Fuel = m.Fuel,
        InputBytes = m.InputBytes,
        OutputBytes = m.OutputBytes,
        ExitCode = m.ExitCode,
    };

    internal static Metering Metering(Proto.Metering m)
        => new(m.WallMillis, m.CpuMillis, m.PeakMemory, m.Fuel, m.InputBytes, m.OutputBytes, m.ExitCode);

    /// <summary>Projects a list into an array of exactly its length.</summary>
    internal static TOut[] Map<TIn, TOut>(IReadOnlyList<TIn> list, Func<TIn, TOut> map)
    {
        var result = new TOut[list.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = map(list[i]);
        return result;
    }
}
