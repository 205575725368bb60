using System.Security.Cryptography;
using Rxelon.Client.Comparing;
using Rxelon.Client.Results;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Compares a task's results that differ, on this machine, and says what it found.</summary>
internal sealed class ComparisonDesk(CliSession session, Login login)
{
    /// <summary>Attends until the task has ended: null then.</summary>
    internal async Task<Fault?> AttendAsync(TaskId task, decimal tolerance, byte[] ownerKey, CancellationToken ct)
    {
        var opened = TaskKeyRecovery.Open(task, ownerKey, login.Keys);
        if (opened.Fault is { } locked)
            return locked;
        try
        {
            return await new ResultComparer(login.Hub, session.Profiles.DownloadsDirectory, session.Host.Time)
                .AttendAsync(task, tolerance, login.Keys, opened.Value, Tell, ct).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened.Value);
        }
    }

    private void Tell(ComparisonNews news)
    {
        var equal = news.Equal.Count == 1 ? "all equal" : $"{string.Join(" and ", news.Equal)} equal";
        var unreadable = news.Unreadable == 0 ? "" : $", {news.Unreadable} cannot be read";
        session.Console.Remark($"part {news.Part}: {news.Equal.Sum()} results compared within the tolerance, {equal}{unreadable}");
    }
}
