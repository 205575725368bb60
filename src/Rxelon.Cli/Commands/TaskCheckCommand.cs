using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Results;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task check</c>: are fetched results still what was fetched?</summary>
internal static class TaskCheckCommand
{
    private const int MostNamed = 10;

    internal static Command Build(CliHost host)
    {
        var folder = new Argument<string>("folder") { Description = "A folder that results were fetched into." };
        var command = new Command("check", "Compare fetched results with their manifest.json; needs no hub.") { folder };
        command.SetAction(async (parsed, ct) =>
        {
            var console = CliSession.Of(parsed, host).Console;
            var path = Path.GetFullPath(parsed.GetValue(folder)!, host.Directory);
            var manifest = ResultManifest.Read(path);
            if (manifest.Fault is { } fault)
                return console.Fail(fault);
            var troubles = await manifest.Value.CheckAsync(path, ct).ConfigureAwait(false);
            if (console.Json)
                console.Document(new CheckDocument(manifest.Value.Task, manifest.Value.Files.Count, troubles));
            if (troubles.Count > 0)
                return console.Fail(new Fault(FaultCodes.HashMismatch, Sentence(troubles), Culprit.None));
            if (!console.Json)
                console.Text($"{manifest.Value.Files.Count} files of {manifest.Value.Task} are as they were fetched");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Sentence(IReadOnlyList<FileTrouble> troubles)
        => string.Join("; ", troubles.Take(MostNamed).Select(t => $"{t.Path} {t.What}"))
            + (troubles.Count > MostNamed ? $"; and {troubles.Count - MostNamed} more" : "") + ".";
}
