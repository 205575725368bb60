using Google.Protobuf;
using Rxelon.Node.Executors;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision.Logs;

/// <summary>
/// What one attempt writes, on its way to its owner: the sandbox's <see cref="LogSink"/> until the keys are there and the program ended.
/// A model's answer is its log; of programs it is standard error, since standard output is the result.
/// </summary>
internal sealed class AttemptLogs(TimeProvider time, AttemptId id, WorkloadKind kind, Action<ToHub> send) : IDisposable
{
    private static readonly TimeSpan Lines = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tokens = TimeSpan.FromMilliseconds(200);
    private readonly ProgressLines _progress = new();
    private readonly LogSource _source = kind == WorkloadKind.Model ? LogSource.Stdout : LogSource.Stderr;
    private volatile LogShipper? _shipper;

    /// <summary>Thousandths that the program says are done; 0 when it says nothing.</summary>
    internal int Permille => _progress.Permille;

    /// <summary>From now on what is written goes out, under this attempt's log key.</summary>
    internal void Open(ReadOnlySpan<byte> key, CipherSuite suite)
        => _shipper = new LogShipper(time, new LogSealer(key, suite, PartContext.LiveLog(id.Task, id.Part, id.Number)), kind == WorkloadKind.Model ? Tokens : Lines, Send);

    /// <summary>See <see cref="LogSink"/>.</summary>
    internal void Write(LogSource source, ReadOnlySpan<byte> bytes)
    {
        if (source == LogSource.Stderr)
            _progress.Read(bytes);
        if (source == _source)
            _shipper?.Write(bytes);
    }

    /// <summary>The program has ended; a result holds the same bytes unless some of them went out already.</summary>
    internal void Close(bool hasResult) => _shipper?.Complete(elsewhere: hasResult);

    /// <inheritdoc/>
    public void Dispose() => _shipper?.Dispose();

    private void Send(uint number, byte[] chunk)
        => send(new ToHub { Log = new AttemptLog { Attempt = id.ToKey(), Number = number, Chunk = UnsafeByteOperations.UnsafeWrap(chunk) } });
}
