using System.CommandLine;
using Rxelon.Node.Config;
using Rxelon.Node.Executors;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;

namespace Rxelon.Node.Commands;

/// <summary>The operator's verbs.</summary>
internal static class NodeCommands
{
    internal static RootCommand Root() => new("Runs other people's encrypted parts on this machine, in sandboxes, for pay.")
    {
        Join(), Run(), Check(), IntegrityCommands.Status(), IntegrityCommands.Measure(), TryCommand.Build(), VmImageCommands.Build(),
    };

    private static Command Join()
    {
        var url = new Argument<string>("url") { Description = "The hub's address, https://…" };
        var token = new Argument<string>("token") { Description = "A join token (rxj_…), which also names the CHS's fingerprint" };
        var name = new Option<string>("--name") { Description = "A name for people", DefaultValueFactory = _ => Environment.MachineName };
        var state = RunOptions.State();
        var command = new Command("join", "Makes this node's keys and joins a network with a one-time token.") { url, token, name, state };
        command.SetAction(async (parsed, cancel) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var hub))
            {
                await Console.Error.WriteLineAsync("The hub's address is not a URL such as https://hub.example.org.");
                return NodeHost.Misused;
            }

            var joined = await new Enrolment(TimeProvider.System, Console.Out)
                .JoinAsync(hub, parsed.GetValue(token)!, parsed.GetValue(state)!, parsed.GetValue(name)!, cancel);
            if (joined.Fault is not { } fault)
                return NodeHost.Ok;
            await Console.Error.WriteLineAsync($"{fault.Code}: {fault.Message}");
            return NodeHost.Misused;
        });
        return command;
    }

    private static Command Run()
    {
        var options = new RunOptions();
        var command = new Command("run", "Offers this machine and runs what it is given until it is told to stop.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancel) => options.Read(parsed, Console.Error) is { } read
            ? await new NodeHost(read, Console.Out, Console.Error, TimeProvider.System).RunAsync(cancel)
            : NodeHost.Misused);
        return command;
    }

    private static Command Check()
    {
        var options = new RunOptions();
        var command = new Command("check", "Reports what this machine can run and which limits hold, without joining.");
        options.AddSandboxOptionsTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            if (options.Read(parsed, Console.Error) is not { } read)
                return NodeHost.Misused;
            var own = Directory.CreateTempSubdirectory("rxelon-check-");
            try
            {
                var executors = await ExecutorSet.OpenAsync(Elsewhere(read, own.FullName), Stranger, TimeProvider.System, cancel);
                await using (executors)
                    await NodeReport.WriteAsync(Console.Out, executors);
                return executors.Reports.Any(r => r.Available) ? NodeHost.Ok : NodeHost.Misused;
            }
            finally
            {
                own.Delete(recursive: true);
            }
        });
        return command;
    }

    /// <summary>The same options with a state directory that nothing else uses; images stay where they are.</summary>
    private static NodeOptions Elsewhere(NodeOptions options, string directory) => options with
    {
        StateDirectory = directory,
        VmImages = options.VmImages ?? NodeOptions.DefaultImages(RunOptions.DefaultState),
    };

    /// <summary>Marks containers of commands that need no membership.</summary>
    internal static NodeId Stranger { get; } = NodeId.OfIdentityKey("rxelon-node without a network"u8);
}
