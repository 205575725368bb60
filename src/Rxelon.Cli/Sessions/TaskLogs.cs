using System.Security.Cryptography;
using System.Text;
using Rxelon.Client.Results;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Reads logs. They come from strangers' programs: control characters are shown as '?', so that a terminal obeys nobody.</summary>
internal sealed class TaskLogs(CliSession session, Login login)
{
    internal async Task<Outcome<string>> ReadAsync(TaskResponse task, PartInfo part, CancellationToken ct)
    {
        var key = TaskKeyRecovery.Open(task, login.Keys);
        if (key.Fault is { } locked)
            return locked;
        var fetcher = new ResultFetcher(login.Hub, Path.Combine(session.Profiles.Directory, "downloads"));
        var log = await fetcher.LogAsync(task.Summary.Task, part, key.Value, ct).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(key.Value);
        return log.Fault is { } fault ? fault : Harmless(Encoding.UTF8.GetString(log.Value));
    }

    private static string Harmless(string text)
        => string.Create(text.Length, text, static (into, from) =>
        {
            for (var i = 0; i < from.Length; i++)
                into[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '?' : from[i];
        });
}
