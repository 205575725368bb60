using System.CommandLine;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Specs;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon run wasm|docker|vm|model</c>: a task without a task file.</summary>
internal static class RunCommands
{
    internal static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Submit, print the task's id and return." };

    internal static Option<string> Out() => new("--out", "-o")
    {
        Description = "Folder for results; '-' writes the joined standard outputs to standard output.",
        DefaultValueFactory = _ => "-",
    };

    internal static Command Build(CliHost host)
        => new("run", "Run a program as an encrypted task and fetch its results.") { Wasm(host), Docker(host), Vm(host), Model(host) };

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
        var image = new Argument<string>("image") { Description = "The image by digest, sha256:… or name@sha256:…, or the path of its .tar file, which is encrypted and sent along." };
        var args = new Argument<string[]>("args") { Description = "The command, after --; otherwise the image's own.", Arity = ArgumentArity.ZeroOrMore };
        var workdir = new Option<string>("--workdir") { Description = "Working directory in the container.", DefaultValueFactory = _ => "" };
        var user = new Option<string>("--user") { Description = "uid or uid:gid; otherwise 65534.", DefaultValueFactory = _ => "" };
        var command = new Command("docker", "A container.") { image, args, workdir, user };
        return Complete(command, host, (parsed, options) =>
        {
            var program = new ProgramPlan { Command = parsed.GetValue(args) ?? [], Workdir = parsed.GetValue(workdir)!, User = parsed.GetValue(user)! };
            if (RunPlan.IsPath(parsed.GetValue(image)!))
                return options.Read(parsed, WorkloadKind.Docker, null, program with { ImagePath = parsed.GetValue(image) }, "docker", host.Directory);
            if (ImageReference.Parse(parsed.GetValue(image)!) is not { } reference)
                return new Fault(FaultCodes.Malformed, $"'{parsed.GetValue(image)}' names no digest, and a tag may change: write sha256:… (docker inspect --format '{{{{.Id}}}}' NAME).", Culprit.Input);
            return options.Read(parsed, WorkloadKind.Docker, reference.Digest, program, "docker", host.Directory, reference.Repository);
        });
    }

    private static Command Vm(CliHost host)
    {
        var image = new Argument<string>("image") { Description = "The image by digest: sha256:…." };
        var args = new Argument<string[]>("args") { Description = "The command, after --.", Arity = ArgumentArity.OneOrMore };
        var workdir = new Option<string>("--workdir") { Description = "Working directory in the machine.", DefaultValueFactory = _ => "" };
        var user = new Option<string>("--user") { Description = "uid or uid:gid; otherwise 65534.", DefaultValueFactory = _ => "" };
        var command = new Command("vm", "A virtual machine.") { image, args, workdir, user };
        return Complete(command, host, (parsed, options) =>
        {
            var digest = parsed.GetValue(image)!;
            if (!ImageReference.IsDigest(digest))
                return new Fault(FaultCodes.Malformed, $"'{digest}' is no digest: write sha256:… (rxelon-node vm-image add prints it).", Culprit.Input);
            var program = new ProgramPlan { Command = parsed.GetValue(args) ?? [], Workdir = parsed.GetValue(workdir)!, User = parsed.GetValue(user)! };
            return options.Read(parsed, WorkloadKind.Vm, digest, program, "vm", host.Directory);
        });
    }

    private static Command Model(CliHost host)
    {
        var name = new Argument<string>("name") { Description = "The model's full name (see: rxelon models)." };
        var prompt = new Option<string>("--prompt") { Description = "The question: a text, a file, or - for standard input. What --input brings is appended.", DefaultValueFactory = _ => "" };
        var system = new Option<string>("--system") { Description = "What the model is told before the question: a text or a file.", DefaultValueFactory = _ => "" };
        var maxTokens = new Option<int>("--max-tokens") { Description = "Tokens to generate at most.", DefaultValueFactory = _ => ModelPlan.StandardMaxTokens };
        var temperature = new Option<double?>("--temperature") { Description = "Otherwise the model's own." };
        var topP = new Option<double?>("--top-p") { Description = "Otherwise the model's own." };
        var seed = new Option<int?>("--seed") { Description = "For answers that can be had again." };
        var stop = new Option<string[]>("--stop") { Description = "A text that ends the answer. May be repeated.", AllowMultipleArgumentsPerToken = false };
        var command = new Command("model", "A question to a language model on somebody's EXO cluster.") { name, prompt, system, maxTokens, temperature, topP, seed, stop };
        return Complete(command, host, (parsed, options) =>
        {
            var model = parsed.GetValue(name)!;
            if (!ModelPlan.IsName(model))
                return new Fault(FaultCodes.Malformed, $"'{model}' is not a model's name; rxelon models lists them.", Culprit.Input);
            if (parsed.GetValue(maxTokens) < 1)
                return new Fault(FaultCodes.Malformed, "--max-tokens must be at least 1.", Culprit.Input);
            var said = parsed.GetValue(prompt)!;
            var question = new ModelPlan
            {
                Prompt = said == "-" ? ReadAll(host.Stdin()) : said,
                System = parsed.GetValue(system)!,
                MaxTokens = parsed.GetValue(maxTokens),
                Temperature = parsed.GetValue(temperature),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                Stop = parsed.GetValue(stop) ?? [],
            };
            var plan = options.Read(parsed, WorkloadKind.Model, model, new ProgramPlan { Model = question }, ModelPlan.LabelOf(model), host.Directory);
            return question.Prompt.Length == 0 && plan.Inputs.Count == 0
                ? new Fault(FaultCodes.Malformed, "There is no question: give --prompt or --input.", Culprit.Input)
                : plan;
        });

        static string ReadAll(Stream stdin)
        {
            using var reader = new StreamReader(stdin);
            return reader.ReadToEnd();
        }
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
            return (plan.Fault ?? Refusal(plan.Value.Spec)) is { } fault
                ? Task.FromResult(session.Console.Fail(fault))
                : session.WithHubAsync(login => new TaskRun(session, login)
                    .RunAsync(plan.Value, new RunWishes(parsed.GetValue(output)!, parsed.GetValue(Detach)), ct));
        });
        return command;
    }

    private static Fault? Refusal(TaskSpec spec)
        => spec.Privacy.Custody == Custody.Attested ? new Fault(FaultCodes.CustodyUnavailable, CustodyTerms.NoAttestation, Culprit.Input)
            : (spec.Privacy.RefusesParallel() ?? spec.RefusesSpeculation()) is { } conflict ? new Fault(FaultCodes.Malformed, conflict, Culprit.Input)
            : null;
}
