using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Mock;

/// <summary>
/// Computes nothing: its result's stdout is the SHA-256 of the input in hex. For tests and for measuring everything but the
/// sandboxes; a node has it only when started with <c>--mock</c>. Arguments: <c>--delay-ms N</c>, <c>--output-bytes N</c>,
/// <c>--fail CODE</c>, <c>--crash</c>, <c>--random</c> (a result that no other run has), <c>--say TEXT</c> (a line of log, at once). A node whose environment says
/// <c>RXELON_MOCK_LIES=1</c> gives wrong results, as a cheating operator's would; one that says <c>RXELON_MOCK_SLOW_MS=N</c> takes so much
/// longer, as an overloaded machine does.
/// </summary>
public sealed class MockExecutor(TimeProvider time) : IExecutor
{
    /// <inheritdoc/>
    public WorkloadKind Kind => WorkloadKind.Mock;

    /// <inheritdoc/>
    public Task<ExecutorReport> FingerprintAsync(CancellationToken cancel)
        => Task.FromResult(new ExecutorReport(Kind, true, "mock", [], [], ["Computes nothing: for tests only."], null));

    /// <inheritdoc/>
    public Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel)
        => Task.FromResult<Outcome<ISandbox>>(new MockSandbox(spec, time));

    /// <inheritdoc/>
    public Task<int> DestroyLeftoversAsync(CancellationToken cancel) => Task.FromResult(0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal sealed class MockSandbox(SandboxSpec spec, TimeProvider time) : ISandbox
{
    private const string Lies = "RXELON_MOCK_LIES";
    private const string Slow = "RXELON_MOCK_SLOW_MS";

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var digest = await SHA256.HashDataAsync(input, CancellationToken.None).ConfigureAwait(false);
        if (program.Args.Contains("--crash"))
            throw new InvalidOperationException("The mock was told to crash.");
        if (Text(program, "--say") is { } words)
            spec.Log?.Invoke(LogSource.Stderr, Encoding.UTF8.GetBytes(words + "\n"));
        var slow = long.TryParse(Environment.GetEnvironmentVariable(Slow), NumberStyles.None, CultureInfo.InvariantCulture, out var more) ? more : 0;
        if ((Number(program, "--delay-ms") ?? 0) + slow is var delay and > 0 && !await WaitAsync(TimeSpan.FromMilliseconds(delay), cancel).ConfigureAwait(false))
            return new RunResult(cancel.IsCancellationRequested ? LimitFaults.Stopped : LimitFaults.Time(spec.Time), default, "");
        if (Text(program, "--fail") is { } code)
            return new RunResult(new Fault(code, "The mock was told to fail.", Culprit.Program), default, "the mock's log\n");
        var stdout = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest));
        if (Environment.GetEnvironmentVariable(Lies) == "1")
            stdout = "computed nothing"u8.ToArray();
        if (program.Args.Contains("--random"))
            stdout = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
        if (Number(program, "--output-bytes") is { } size)
            Array.Resize(ref stdout, (int)size);
        var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            var entry = new PaxTarEntry(TarEntryType.RegularFile, PartArchive.Stdout)
            {
                ModificationTime = DateTimeOffset.UnixEpoch,
                DataStream = new MemoryStream(stdout),
            };
            await tar.WriteEntryAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }

        return new RunResult(null, new Metering((long)time.GetElapsedTime(started).TotalMilliseconds, 0, 0, 0, 0, stdout.Length, 0), "");
    }

    /// <inheritdoc/>
    public LiveUsage Stats() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<bool> WaitAsync(TimeSpan delay, CancellationToken cancel)
    {
        var isLong = delay > spec.Time;
        try
        {
            await Task.Delay(isLong ? spec.Time : delay, time, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return !isLong;
    }

    private static long? Number(ProgramBundle program, string name)
        => Text(program, name) is { } text ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static string? Text(ProgramBundle program, string name)
        => program.Args.IndexOf(name) is >= 0 and var at && at + 1 < program.Args.Count ? program.Args[at + 1] : null;
}
