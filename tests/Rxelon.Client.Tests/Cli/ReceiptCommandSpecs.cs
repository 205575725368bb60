using System.Text.Json;
using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Client.Tests.Ledger;
using Rxelon.Shared.Api;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Cli;

public sealed class ReceiptCommandSpecs : SignedUp
{
    private readonly PaidTask _paid = new();
    private string _task = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _task = _paid.Task.ToString();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _paid.Dispose();
    }

    [Fact]
    public async Task A_receipt_is_verified_without_a_hub_against_a_key_or_a_policy()
    {
        var offline = Offline(_paid.Receipt());
        Assert.Equal(0, await offline.RunAsync("ledger", "verify", "r.json", "--key", _paid.World.Vkey));
        Assert.Contains("order taken: 'sums?[31m'", offline.Out, StringComparison.Ordinal);
        Assert.Contains("3 verified.", offline.Out, StringComparison.Ordinal);
        Assert.Equal("", offline.Error);
        Folder.Write("policy", $"log {_paid.World.Vkey}\nquorum none\n");
        Assert.Equal(0, await offline.RunAsync("ledger", "verify", "r.json", "--policy", "policy", "--json"));
        using var document = JsonDocument.Parse(offline.Out);
        Assert.Equal("Ok", document.RootElement.GetProperty("checks")[4].GetProperty("result").GetString());
        Assert.Equal(12, document.RootElement.GetProperty("entries").GetArrayLength());
        Assert.DoesNotContain(Hub.Requests, r => r.Contains("receipt", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pinned_key_is_used_and_said_to_be_the_weak_way()
    {
        var offline = Offline(_paid.Receipt());
        Assert.Equal(3, await offline.RunAsync("ledger", "verify", "r.json"));
        Assert.Contains("--policy FILE or --key VKEY", offline.Error, StringComparison.Ordinal);
        Folder.Write("home/ledgers/pins/one", $"# https://hub.example/ledger\nlog {_paid.World.Vkey}\nquorum none\n");
        Assert.Equal(0, await offline.RunAsync("ledger", "verify", "r.json"));
        Folder.Write("home/ledgers/pins/two", $"log {NoteKey.Of(ReceiptWorld.Origin, NoteKeyType.Ed25519, new byte[32])}\nquorum none\n");
        Assert.Equal(3, await offline.RunAsync("ledger", "verify", "r.json"));
        Assert.Contains(FaultCodes.Conflict, offline.Error, StringComparison.Ordinal);
        var pinned = new PinnedLogs(Folder["home/ledgers"], TimeProvider.System).FolderOf(ReceiptWorld.Origin);
        Folder.Write(Path.Combine(pinned, "keys"), $"{_paid.World.Vkey}\n");
        Assert.Equal(0, await offline.RunAsync("ledger", "verify", "r.json"));
        Assert.Contains("the weak way", offline.Error, StringComparison.Ordinal);
        Folder.Write(Path.Combine(pinned, "keys"), $"{_paid.World.Vkey} 1000\n");
        Assert.Equal(3, await offline.RunAsync("ledger", "verify", "r.json"));
    }

    [Theory]
    [InlineData(5, "forged")]
    [InlineData(5, "tampered")]
    [InlineData(5, "wrong key")]
    [InlineData(1, "pending")]
    [InlineData(2, "garbage")]
    [InlineData(3, "absent")]
    public async Task The_exit_code_of_verify_says_what_is_wrong(int code, string what)
    {
        if (what == "forged")
            _paid.Forge[("task.submitted", 1)] = m => ((TaskSubmitted)m).Budget++;
        var receipt = _paid.Receipt();
        if (what == "tampered")
            receipt.Entries[2].Payload[^1] ^= 1;
        var offline = Offline(what == "pending" ? receipt with { Status = Receipt.Pending } : receipt);
        if (what == "garbage")
            Folder.Write("r.json", "{}");
        using var key = Rxelon.Shared.Crypto.SigningKeyPair.Generate();
        var vkey = what == "wrong key" ? NoteKey.Of(ReceiptWorld.Origin, NoteKeyType.Ed25519, key.PublicKey).ToString() : _paid.World.Vkey;
        Assert.Equal(code, await offline.RunAsync("ledger", "verify", what == "absent" ? "none.json" : "r.json", "--key", vkey));
        Assert.StartsWith("error ", offline.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payouts_are_recomputed_and_a_difference_is_named()
    {
        var offline = Offline(_paid.Receipt());
        Assert.Equal(0, await offline.RunAsync("ledger", "recompute-payout", "r.json"));
        Assert.Contains("Every number is what the price formula gives.", offline.Out, StringComparison.Ordinal);
        Assert.Contains("1 × 1.5 × 1.05", offline.Out, StringComparison.Ordinal);
        Assert.Contains("capped", offline.Out, StringComparison.Ordinal);
        Assert.Contains("not checked", offline.Error, StringComparison.Ordinal);

        using var cheat = new PaidTask();
        cheat.Forge[("task.parts-accepted", 2)] = m => ((PartsAccepted)m).Parts[0].Cost--;
        offline = Offline(cheat.Receipt());
        Assert.Equal(5, await offline.RunAsync("ledger", "recompute-payout", "r.json", "--key", cheat.World.Vkey, "--json"));
        using var document = JsonDocument.Parse(offline.Out);
        Assert.StartsWith("Part 2 costs 0.001 tokens", document.RootElement.GetProperty("differences")[0].GetString()!, StringComparison.Ordinal);
        Assert.Contains(FaultCodes.ProofFailed, offline.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_unpacks_into_standard_proofs_that_hold()
    {
        var receipt = _paid.Receipt();
        var offline = Offline(receipt);
        Assert.Equal(0, await offline.RunAsync("ledger", "unpack", "r.json", "proofs"));
        for (var i = 0; i < receipt.Entries.Count; i++)
        {
            var proof = TlogProof.Parse(await File.ReadAllBytesAsync(Folder[$"proofs/{i:D3}.tlog-proof"])).Value;
            Assert.True(proof.Verify(await File.ReadAllBytesAsync(Folder[$"proofs/{i:D3}.leaf"]), _paid.World.Policy).IsOk);
            using var opening = JsonDocument.Parse(await File.ReadAllBytesAsync(Folder[$"proofs/{i:D3}.opening.json"]));
            Assert.Equal(receipt.Entries[i].Payload, opening.RootElement.GetProperty("payload").GetBytesFromBase64());
        }

        Assert.Equal(receipt.Checkpoint, await File.ReadAllTextAsync(Folder["proofs/checkpoint"]));
    }

    [Fact]
    public async Task A_task_s_receipt_is_fetched_and_kept_for_its_owner_only()
    {
        Hub.TaskReceipts[_task] = new([_paid.Receipt()]);
        Assert.Equal(0, await Cli.RunAsync("task", "receipt", _task));
        var file = Folder[$"home/receipts/{_task}.receipt.json"];
        Assert.Equal(file, Cli.Out.Trim());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, await Cli.RunAsync("ledger", "verify", file, "--key", _paid.World.Vkey));
        Assert.Equal(0, await Cli.RunAsync("task", "receipt", _task, "--out", "mine.json", "--json"));
        using var document = JsonDocument.Parse(Cli.Out);
        Assert.True(document.RootElement.GetProperty("settled").GetBoolean());
        Assert.True(File.Exists(Folder["mine.json"]));
    }

    [Fact]
    public async Task A_pending_receipt_is_said_to_be_one_and_may_be_waited_for()
    {
        var final = _paid.Receipt();
        var pending = final with { Status = Receipt.Pending, Checkpoint = "" };
        Hub.TaskReceipts[_task] = new([pending]);
        Assert.Equal(1, await Cli.RunAsync("task", "receipt", _task));
        Assert.StartsWith("pending: ", Cli.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder["home/receipts"]));
        Hub.TaskReceipts[_task] = new([pending, pending, final]);
        Assert.Equal(0, await Cli.RunAsync("task", "receipt", _task, "--wait", "30s"));
    }

    [Fact]
    public async Task What_was_erased_and_what_is_not_there_are_refused()
    {
        Assert.Equal(3, await Cli.RunAsync("task", "receipt", _task));
        Assert.Contains(FaultCodes.NotFound, Cli.Error, StringComparison.Ordinal);
        Hub.TaskReceipts[_task] = new([]);
        Assert.Equal(3, await Cli.RunAsync("task", "receipt", _task));
        Assert.Contains(FaultCodes.Erased, Cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_s_events_are_listed_and_each_has_a_receipt()
    {
        using var world = new ReceiptWorld();
        world.Add($"account-{PaidTask.Operator(1)}", "account.payout-booked.1", new PayoutBooked { From = Google.Protobuf.ByteString.CopyFrom(_paid.Owner.ToBytes()), Number = 4, Amount = 953 });
        Hub.AccountReceipts.Add((new AccountReceiptInfo(7, "account.payout-booked.1", ReceiptWorld.Start, 12, Receipt.Final), world.Receipt(PaidTask.Operator(1).ToString())));
        Hub.AccountReceipts.Add((new AccountReceiptInfo(8, "account.payout-booked.1", ReceiptWorld.Start, null, Receipt.Pending), world.Receipt("") with { Status = Receipt.Pending }));
        Assert.Equal(0, await Cli.RunAsync("account", "receipts"));
        Assert.Contains("account.payout-booked.1", Cli.Out, StringComparison.Ordinal);
        Assert.Contains("More: rxelon account receipts --after 8", Cli.Error, StringComparison.Ordinal);
        Assert.Equal(0, await Cli.RunAsync("account", "receipts", "--after", "7", "--json"));
        using var document = JsonDocument.Parse(Cli.Out);
        Assert.Equal(8, document.RootElement.GetProperty("entries")[0].GetProperty("sequenceNr").GetInt32());
        Assert.Equal(0, await Cli.RunAsync("account", "receipt", "7", "--out", "seven.json"));
        Assert.Equal(0, await Cli.RunAsync("ledger", "verify", "seven.json", "--key", world.Vkey));
        Assert.Contains("0.000953 tokens received from", Cli.Out, StringComparison.Ordinal);
        Assert.Equal(1, await Cli.RunAsync("account", "receipt", "8"));
        Assert.Equal(2, await Cli.RunAsync("ledger", "recompute-payout", "seven.json"));
    }

    [Fact]
    public async Task After_results_the_receipt_is_kept_or_promised_and_a_hub_without_a_ledger_is_fine()
    {
        Folder.Write("program.wasm", "(module)");
        Assert.Equal(0, await Cli.RunAsync("run", "wasm", "program.wasm"));
        Assert.DoesNotContain("receipt", Cli.Error, StringComparison.Ordinal);
        Hub.AnyTaskReceipt = _paid.Receipt();
        Assert.Equal(0, await Cli.RunAsync("run", "wasm", "program.wasm"));
        Assert.Contains($"receipt  {Folder["home/receipts/t_"]}", Cli.Error, StringComparison.Ordinal);
        Hub.AnyTaskReceipt = Hub.AnyTaskReceipt with { Status = Receipt.Pending };
        Assert.Equal(0, await Cli.RunAsync("run", "wasm", "program.wasm"));
        Assert.Contains("receipt pending: rxelon task receipt t_", Cli.Error, StringComparison.Ordinal);
    }

    private CliRun Offline(Receipt receipt)
    {
        Folder.Write("r.json", receipt.ToBytes());
        return new CliRun(Folder);
    }
}
