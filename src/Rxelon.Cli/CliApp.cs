using System.CommandLine;
using System.CommandLine.Invocation;
using Rxelon.Cli.Commands;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;

namespace Rxelon.Cli;

/// <summary>The command tree, and how a run of it ends.</summary>
internal static class CliApp
{
    internal static async Task<int> RunAsync(IReadOnlyList<string> args, CliHost host, CancellationToken ct = default)
    {
        var parsed = Build(host).Parse(args);
        var console = new CliConsole(host, args.Contains("--json"), false);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            var code = console.Fail(new Fault(FaultCodes.Malformed, string.Join(" ", parsed.Errors.Select(e => e.Message)), Culprit.Input));
            console.Remark($"  See: rxelon {PathOf(parsed.CommandResult.Command, parsed)} --help");
            return code;
        }

        try
        {
            var configuration = new InvocationConfiguration { Output = host.Out, Error = host.Error, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(configuration, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            console.Remark("Interrupted.");
            return ExitCodes.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Fail(new Fault("local-io", e.Message, Culprit.Input));
            return ExitCodes.ThisMachine;
        }
    }

    internal static RootCommand Build(CliHost host)
    {
        var root = new RootCommand("Run encrypted tasks on other people's machines.")
        {
            GlobalOptions.Json, GlobalOptions.Quiet, GlobalOptions.Profile,
            AccountCommands.Build(host), RunCommands.Build(host), SubmitCommands.Submit(host), SubmitCommands.Validate(host),
            SubmitCommands.Quote(host), TaskCommands.Build(host), NodeCommands.Build(host), ModelsCommand.Build(host), ProxyCommand.Build(host),
            LedgerCommands.Build(host), WitnessCommands.Build(host), MirrorCommand.Build(host),
        };
        root.Add(CompletionCommand.Build(host));
        return root;
    }

    private static string PathOf(Command command, ParseResult parsed)
        => command.Parents.OfType<Command>().FirstOrDefault() is { } parent && parent != parsed.RootCommandResult.Command
            ? $"{PathOf(parent, parsed)} {command.Name}"
            : command is RootCommand ? "" : command.Name;
}
