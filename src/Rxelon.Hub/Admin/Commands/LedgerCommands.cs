using System.Globalization;
using Rxelon.Hub.Sealing;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>ledger status</c>: how the ledger and its witnesses are doing.</summary>
internal sealed class LedgerShow(LedgerBoard board) : IAdminCommand
{
    public string Module => "ledger";

    public string Verb => "status";

    public string Description => "The log, its newest block, its witnesses, and why it waits";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var s = board.Status;
        output.Line($"log        {s.Origin}  {s.Phase}");
        foreach (var key in s.Keys)
            output.Line($"key        {key}");
        output.Line(string.Create(CultureInfo.InvariantCulture, $"entries    {s.Size}, {s.PublishedSize} of them published"));
        output.Line(s.PublishedAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"block      {s.Height} at {at:u}") : "block      none yet");
        foreach (var witness in s.Witnesses)
            output.Line(string.Create(CultureInfo.InvariantCulture, $"witness    {witness.Name}  {(witness.Trouble is { } t ? t : $"vouches for {witness.Size} entries")}"));
        if (s.Trouble is { } trouble)
            output.Line($"trouble    {trouble.Code}: {trouble.Message}");
        return Task.FromResult(s.Phase == LedgerPhase.Stopped ? 1 : 0);
    }
}

/// <summary><c>ledger rotate-key</c>: a new signing key for the log, with a window in which both sign.</summary>
internal sealed class LedgerRotateKey(AdminContext context) : IAdminCommand
{
    private static readonly TimeSpan Usual = TimeSpan.FromDays(30);

    public string Module => "ledger";

    public string Verb => "rotate-key";

    public string Description => "Give the log a new key; the old one signs beside it for a while";

    public IReadOnlyList<AdminSwitch> Switches => [new("days", "How long both sign, 1 to 365; 30 when not given")];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        var window = Usual;
        if (arguments.Get("days") is { } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > 365)
            {
                output.Line("-days is a number from 1 to 365.");
                return 2;
            }

            window = TimeSpan.FromDays(days);
        }

        switch (await context.AskAsync<SealerKey>(new RotateLogKey(window), cancel))
        {
            case LogKeyRotated rotated:
                output.Line($"new key    {rotated.NewKey}");
                output.Line(string.Create(CultureInfo.InvariantCulture, $"old key    signs until {rotated.OldUntil:u}: {rotated.OldKey}"));
                output.Line("Tell witnesses and readers: rxelon witness add-log; followers learn it from the ledger itself.");
                return 0;
            case LedgerRefused refused:
                output.Line(refused.Fault.Message);
                return 1;
            case var other:
                throw new InvalidOperationException($"The sealer answered {other.GetType().Name}.");
        }
    }
}

/// <summary><c>ledger anchor</c>: puts another log's checkpoint into this one.</summary>
internal sealed class LedgerAnchor(AdminContext context) : IAdminCommand
{
    public string Module => "ledger";

    public string Verb => "anchor";

    public string Description => "Put another log's checkpoint into this one, so that each dates the other";

    public IReadOnlyList<AdminSwitch> Switches => [new("file", "The checkpoint (signed note), as a file on the hub's machine", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        byte[] note;
        try
        {
            note = await File.ReadAllBytesAsync(arguments.Need("file"), cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Line(e.Message);
            return 1;
        }

        var answer = await context.AskAsync<SealerKey>(new AnchorCheckpoint(note), cancel);
        output.Line(answer is LedgerRefused refused ? refused.Fault.Message : "It goes in with the next batch.");
        return answer is LedgerDone ? 0 : 1;
    }
}
