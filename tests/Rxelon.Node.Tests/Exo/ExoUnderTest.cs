using System.Text.Json.Nodes;
using Google.Protobuf;
using Rxelon.ExoDouble;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Exo;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Exo;

/// <summary>The executor over HTTP against a double, with short times.</summary>
internal sealed class ExoUnderTest : IAsyncDisposable
{
    private ExoUnderTest(ExoServer server, ExoTimes times)
    {
        Server = server;
        Executor = new ExoExecutor(server.Url, times, TimeProvider.System);
    }

    internal static ExoTimes Short { get; } = new()
    {
        Poll = TimeSpan.FromMilliseconds(50),
        Models = TimeSpan.FromSeconds(1),
        Call = TimeSpan.FromSeconds(10),
        Appear = TimeSpan.FromSeconds(10),
        Ready = TimeSpan.FromSeconds(20),
        Look = TimeSpan.FromMilliseconds(20),
        Stall = TimeSpan.FromSeconds(20),
    };

    internal ExoServer Server { get; }

    internal ExoExecutor Executor { get; }

    internal ExecutorReport Report { get; private set; } = null!;

    internal ModelPool Pool => Executor.Pool()!;

    internal static async Task<ExoUnderTest> StartAsync(ExoScript? script = null, bool isLoaded = true, bool isEmpty = false, ExoTimes? times = null)
    {
        var test = new ExoUnderTest(await ExoServer.StartAsync(script, isEmpty, isLoaded), times ?? Short);
        test.Report = await test.Executor.FingerprintAsync(CancellationToken.None);
        return test;
    }

    internal static ProgramBundle Program(string? prompt = "Say hello.", int maxTokens = 256)
    {
        var request = new JsonObject { ["max_tokens"] = maxTokens };
        if (prompt is not null)
            request["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt });
        return new ProgramBundle { Version = 1, ModelRequest = ByteString.CopyFromUtf8(request.ToJsonString()) };
    }

    internal static SandboxSpec Spec(double seconds = 30, long output = 1 << 20, string model = Golden.Model) => Parts.Spec(seconds: seconds, output: output, image: model);

    internal async Task<Ran> AskAsync(ProgramBundle? program = null, byte[]? input = null, SandboxSpec? spec = null, CancellationToken cancel = default)
    {
        var prepared = await Executor.PrepareAsync(spec ?? Spec(), cancel);
        if (prepared.Fault is { } fault)
            return new Ran(new RunResult(fault, default, ""), []);
        await using var sandbox = prepared.Value;
        using var output = new MemoryStream();
        var result = await sandbox.RunAsync(program ?? Program(), new MemoryStream(input ?? Parts.Input()), output, cancel);
        return new Ran(result, output.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await Executor.DisposeAsync();
        await Server.DisposeAsync();
    }
}
