using System.CommandLine;
using System.Text.Json;
using Rxelon.Node.Config;
using Rxelon.Node.Integrity;
using Rxelon.Node.State;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Commands;

/// <summary><c>status</c> and <c>measure</c>: how the node stands with the hub, and what it would say about its own files.</summary>
internal static class IntegrityCommands
{
    private const int NotRunning = 4;

    /// <summary>Exit codes: 0 in session, 3 not in session (the reason is shown), 4 not running.</summary>
    internal static Command Status()
    {
        var state = RunOptions.State();
        var command = new Command("status", "Says whether the node runs, is in session with its hub, and why not.") { state };
        command.SetAction(async (parsed, cancel) =>
        {
            var file = Path.Combine(Path.GetFullPath(parsed.GetValue(state)!), "status.json");
            if (!File.Exists(file))
            {
                await Console.Error.WriteLineAsync("The node does not run.");
                return NotRunning;
            }

            var status = JsonSerializer.Deserialize(await File.ReadAllTextAsync(file, cancel), StatusJson.Default.NodeStatus)!;
            await Console.Out.WriteLineAsync($"node   {status.Node}, process {status.Pid}");
            await Console.Out.WriteLineAsync($"hub    {status.Hub}");
            await Console.Out.WriteLineAsync($"link   {status.Link} since {status.Since:u}");
            if (status.Code is not null)
                await Console.Out.WriteLineAsync($"why    {status.Code}: {status.Reason}");
            return status.Link == "up" ? NodeHost.Ok : NodeHost.RefusedByHub;
        });
        return command;
    }

    internal static Command Measure()
    {
        var command = new Command("measure", "Prints the digest of this client's files, which an admin allows before nodes change to it.");
        command.SetAction(async (_, cancel) =>
        {
            var files = await new FileMeasure(TimeProvider.System).FolderAsync(AppContext.BaseDirectory, again: false, cancel);
            await Console.Out.WriteLineAsync($"{Convert.ToHexStringLower(MeasureFold.Of(files))}  {files.Count} files, version {NodeHost.Version}");
            return NodeHost.Ok;
        });
        return command;
    }
}
