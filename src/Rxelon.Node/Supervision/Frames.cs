using Google.Protobuf;
using Rxelon.Node.Executors;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>Between wire messages and the node's own types.</summary>
internal static class Frames
{
    internal static AttemptId ToId(this AttemptKey key)
        => new(TaskId.FromBytes(key.Task.Span), checked((int)key.Part), checked((int)key.Number));

    internal static AttemptKey ToKey(this AttemptId id)
        => new() { Task = ByteString.CopyFrom(id.Task.ToBytes()), Part = (uint)id.Part, Number = (uint)id.Number };

    internal static Progress ToProgress(this LiveUsage u, AttemptId attempt) => new()
    {
        Attempt = attempt.ToKey(),
        Phase = 3,
        ElapsedMillis = u.WallMillis,
        CpuMillis = u.CpuMillis,
        PeakMemory = u.PeakMemory,
        Memory = u.Memory,
        ReadBytes = u.ReadBytes,
        WrittenBytes = u.WrittenBytes,
        StdoutBytes = u.StdoutBytes,
    };

    internal static ResourcesMsg ToWire(this Resources r) => new() { CpuMillis = r.CpuMillis, Memory = r.Memory, Disk = r.Disk };

    internal static Resources ToResources(this ResourcesMsg r) => new(r.CpuMillis, r.Memory, r.Disk);

    internal static MeteringMsg ToWire(this Metering m) => new()
    {
        WallMillis = m.WallMillis,
        CpuMillis = m.CpuMillis,
        PeakMemory = m.PeakMemory,
        Fuel = m.Fuel,
        InputBytes = m.InputBytes,
        OutputBytes = m.OutputBytes,
        ExitCode = m.ExitCode,
    };
}
