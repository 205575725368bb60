using System.CommandLine;
using Rxelon.Node.Config;
using Rxelon.Node.Executors;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Commands;

/// <summary>Runs a program here in the same sandbox as a node would, with no hub: for people who write tasks.</summary>
internal static class TryCommand
{
    private const int ProgramFailed = 1;

    internal static Command Build()
    {
        var kind = new Argument<string>("kind") { Description = "wasm, docker or vm" };
        kind.AcceptOnlyFromAmong("wasm", "docker", "vm");
        var program = new Argument<string>("program") { Description = "A .wasm file, or an image id (sha256:…)" };
        var args = new Argument<string[]>("args")
        {
            Description = "After --: the program's arguments (docker, vm: its command)",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var stdin = new Option<string?>("--stdin") { Description = "File to give as standard input" };
        var inputs = new Option<string[]>("--in") { Description = "File or folder to give under /in; repeatable" };
        var outDirectory = new Option<string?>("--out") { Description = "Where to put files from /out" };
        var env = new Option<string[]>("--env") { Description = "NAME=value; repeatable" };
        var memory = new Option<string>("--memory") { Description = "Memory limit", DefaultValueFactory = _ => "256MiB" };
        var seconds = new Option<double>("--time") { Description = "Time limit in seconds", DefaultValueFactory = _ => 60 };
        var docker = new Option<string>("--docker")
        {
            Description = "The container engine's socket",
            DefaultValueFactory = _ => "unix:///var/run/docker.sock",
        };
        var vmImages = RunOptions.VmImages();
        var command = new Command("try", "Runs a program in a sandbox on this machine, without a hub.")
        {
            kind, program, args, stdin, inputs, outDirectory, env, memory, seconds, docker, vmImages,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            if (!ByteSize.TryParse(parsed.GetValue(memory)!, out var bytes))
                return await FailAsync(NodeHost.Misused, "--memory is not a size such as 256MiB.");
            if (!Uri.TryCreate(parsed.GetValue(docker), UriKind.Absolute, out var engine))
                return await FailAsync(NodeHost.Misused, "--docker is not an address such as unix:///var/run/docker.sock.");
            var isWasm = parsed.GetValue(kind) == "wasm";
            var bundle = new ProgramBundle { Version = 1 };
            (isWasm ? bundle.Args : bundle.Command).AddRange(parsed.GetValue(args) ?? []);
            if (isWasm)
                bundle.Module = Google.Protobuf.ByteString.CopyFrom(await File.ReadAllBytesAsync(parsed.GetValue(program)!, cancel));
            foreach (var pair in parsed.GetValue(env) ?? [])
                bundle.Env[pair.Split('=')[0]] = pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..];
            var spec = new SandboxSpec(
                new AttemptId(TaskId.FromBytes("a-task-to-try-it"u8), 0, 1), isWasm ? null : parsed.GetValue(program),
                Resources.Default with { Memory = bytes }, TimeSpan.FromSeconds(parsed.GetValue(seconds)), new Limits().OutputBytes, 0, 1)
            {
                Log = Show,
            };
            using var input = await TryFiles.PackAsync(parsed.GetValue(stdin), parsed.GetValue(inputs) ?? [], cancel);
            var options = new NodeOptions
            {
                StateDirectory = "",
                AllowSwap = true,
                Docker = engine,
                VmImages = Path.GetFullPath(parsed.GetValue(vmImages) ?? NodeOptions.DefaultImages(RunOptions.DefaultState)),
                Slots = 1,
                Executors = new HashSet<WorkloadKind> { Enum.Parse<WorkloadKind>(parsed.GetValue(kind)!, ignoreCase: true) },
            };
            return await RunAsync(options, bundle, spec, input, parsed.GetValue(outDirectory), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        NodeOptions wanted, ProgramBundle program, SandboxSpec spec, Stream input, string? outDirectory, CancellationToken cancel)
    {
        var state = Directory.CreateTempSubdirectory("rxelon-try-");
        var options = wanted with { StateDirectory = state.FullName };
        try
        {
            await using var executors = await ExecutorSet.OpenAsync(options, NodeCommands.Stranger, TimeProvider.System, cancel);
            if (executors.Reports.FirstOrDefault(r => !r.Available) is { } missing)
                return await FailAsync(NodeHost.Misused, missing.Missing!);
            var prepared = await executors.Executors[0].PrepareAsync(spec, cancel);
            if (prepared.Fault is { } fault)
                return await FailAsync(NodeHost.Misused, $"{fault.Code}: {fault.Message}");
            await using var sandbox = prepared.Value;
            using var result = new MemoryStream();
            var ran = await sandbox.RunAsync(program, input, result, cancel);
            if (ran.Fault is { } failure)
                return await FailAsync(ProgramFailed, $"{failure.Code}: {failure.Message}");
            result.Position = 0;
            await TryFiles.UnpackAsync(result, outDirectory, cancel);
            await Console.Error.WriteLineAsync(
                $"{ran.Metering.WallMillis} ms, CPU {ran.Metering.CpuMillis} ms, memory {ByteSize.Format(ran.Metering.PeakMemory)}"
                + (ran.Metering.Fuel > 0 ? $", fuel {ran.Metering.Fuel}" : ""));
            return NodeHost.Ok;
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    /// <summary>Standard error as it comes; standard output is the result and follows at the end.</summary>
    private static void Show(LogSource source, ReadOnlySpan<byte> bytes)
    {
        if (source != LogSource.Stderr)
            return;
        using var error = Console.OpenStandardError();
        error.Write(bytes);
    }

    private static async Task<int> FailAsync(int code, string message)
    {
        await Console.Error.WriteLineAsync(message);
        return code;
    }
}
