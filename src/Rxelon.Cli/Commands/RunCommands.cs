using System.CommandLine;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Specs;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon run wasm|docker</c>: a task without a task file.</summary>
internal static class RunCommands
{
    internal static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Submit, print the task's id and return." };

    internal static Option<string> Out() => new("--out", "-o")
    {
        Description = "Folder for results; '-' writes the joined standard outputs to standard output.",
        DefaultValueFactory = _ => "-",
    };

    internal static Command Build(CliHost host) => new("run", "Run a program as an encrypted task and fetch its results.") { Wasm(host), Docker(host) };

    private static Command Wasm(CliHost host)
    {
        var module = new Argument<string>("module") { Description = "The .wasm file (WASI preview 1)." };
        var args = new Argument<string[]>("args") { Description = "Arguments for the program, after --. {part} and {parts} are replaced.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("wasm", "A WebAssembly program.") { module, args };
        return Complete(command, host, (parsed, options) =>
        {
            var path = parsed.GetValue(module)!;
            var name = Path.GetFileNameWithoutExtension(path);
            var program = new ProgramPlan { ModulePath = path, Args = parsed.GetValue(args) ?? [] };
            return options.Read(parsed, WorkloadKind.Wasm, null, program, name.Length is > 0 and <= 64 ? name : "wasm", host.Directory);
        });
    }

    private static Command Docker(CliHost host)
    {
        var image = new Argument<string>("image") { Description = "The image by digest: sha256:… or name@sha256:…." };
        var args = new Argument<string[]>("args") { Description = "The command, after --; otherwise the image's own.", Arity = ArgumentArity.ZeroOrMore };
        var workdir = new Option<string>("--workdir") { Description = "Working directory in the container.", DefaultValueFactory = _ => "" };
        var user = new Option<string>("--user") { Description = "uid or uid:gid; otherwise 65534.", DefaultValueFactory = _ => "" };
        var command = new Command("docker", "A container.") { image, args, workdir, user };
        return Complete(command, host, (parsed, options) =>
        {
            if (RunPlan.ImageDigest(parsed.GetValue(image)!) is not { } digest)
                return new Fault(FaultCodes.Malformed, $"'{parsed.GetValue(image)}' names no digest, and a tag may change: write sha256:… (docker inspect --format '{{{{.Id}}}}' NAME).", Culprit.Input);
            var program = new ProgramPlan { Command = parsed.GetValue(args) ?? [], Workdir = parsed.GetValue(workdir)!, User = parsed.GetValue(user)! };
            return options.Read(parsed, WorkloadKind.Docker, digest, program, "docker", host.Directory);
        });
    }

    private static Command Complete(Command command, CliHost host, Func<ParseResult, PlanOptions, Outcome<TaskPlan>> read)
    {
        var options = new PlanOptions();
        var output = Out();
        options.AddTo(command);
        command.Options.Add(output);
        command.Options.Add(Detach);
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var plan = read(parsed, options);
            return (plan.Fault ?? Refusal(plan.Value.Spec.Privacy)) is { } fault
                ? Task.FromResult(session.Console.Fail(fault))
                : session.WithHubAsync(login => new TaskRun(session, login)
                    .RunAsync(plan.Value, new RunWishes(parsed.GetValue(output)!, parsed.GetValue(Detach)), ct));
        });
        return command;
    }

    private static Fault? Refusal(Privacy privacy)
        => privacy.Custody == Custody.Attested ? new Fault(FaultCodes.CustodyUnavailable, CustodyTerms.NoAttestation, Culprit.Input)
            : privacy.RefusesParallel() is { } conflict ? new Fault(FaultCodes.Malformed, conflict, Culprit.Input)
            : null;
}
