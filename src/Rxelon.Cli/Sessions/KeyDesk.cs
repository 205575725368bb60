using System.Security.Cryptography;
using Rxelon.Client.KeyHolding;
using Rxelon.Client.Ledger;
using Rxelon.Client.Results;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Sealed custody on this machine: takes the task's key out of its owner's sealed copy and attends as key holder.</summary>
internal sealed class KeyDesk(CliSession session, Login login)
{
    /// <summary>
    /// Attends until the task has ended: null then. Tells on the way when a node cannot be checked yet. <paramref name="policy"/> or
    /// <paramref name="key"/> name whose word counts for the ledger; otherwise the pinned keys do.
    /// </summary>
    internal async Task<Fault?> AttendAsync(
        TaskId task, OrderTerms order, byte[] ownerKey, string? key, string? policy, Action<HolderNews>? news, CancellationToken ct)
    {
        var access = await LedgerAccess.OpenAsync(session, null, key, policy, ct).ConfigureAwait(false);
        if (access.Fault is { } unread)
            return unread;
        using (access.Value)
        {
            var opened = TaskKeyRecovery.Open(task, ownerKey, login.Keys);
            if (opened.Fault is { } locked)
                return locked;
            try
            {
                return await HolderOf(access.Value, key is null && policy is null)
                    .AttendAsync(task, order, opened.Value, Tell(news), ct).ConfigureAwait(false);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(opened.Value);
            }
        }
    }

    private KeyHolder HolderOf(LedgerAccess access, bool pinned)
    {
        var ledgers = session.Profiles.LedgersDirectory;
        var follower = new LogFollower(LogFollower.FolderOf(ledgers, access.Policy.Logs[0].Name), access.Reader, access.Policy, session.Host.Time);
        // Following learns keys that a rotation entry brought; a policy that somebody gave stands as it is.
        Func<Outcome<WitnessPolicy>> policy = pinned
            ? () => new PinnedLogs(ledgers, session.Host.Time).PolicyOf(follower.Origin)
            : () => access.Policy;
        return new KeyHolder(login.Hub, new NodeCheck(new EnrolmentCheck(login.Hub, follower, policy)), session.Host.Time);
    }

    private Action<HolderNews> Tell(Action<HolderNews>? news)
    {
        string? told = null;
        return now =>
        {
            if (now.Waits is { } waits && waits.Message != told)
                session.Console.Remark($"keys wait: {waits.Message}");
            told = now.Waits?.Message;
            news?.Invoke(now);
        };
    }
}
