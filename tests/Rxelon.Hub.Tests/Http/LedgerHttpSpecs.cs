using System.Text;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

/// <summary>The ledger as readers and owners see it, of a hub that is run as in production.</summary>
[Collection(HubCollection.Name)]
public sealed class LedgerHttpSpecs(RunningHub hub)
{
    [Fact]
    public async Task A_finished_task_gives_its_owner_a_receipt_that_verifies_offline()
    {
        hub.AttachNodes(answers: true);
        using var user = await hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 3);
        var receipt = await FinalAsync(user, $"/v1/tasks/{task}/receipt");

        var policy = WitnessPolicy.Parse((await LogAsync()).Policy).Value;
        var verified = receipt.Verify(policy);
        Assert.True(verified.IsOk, verified.Fault?.Message);
        var manifests = receipt.Entries.Select(e => e.Manifest).ToList();
        foreach (var kind in (string[])["task.submitted.1", "account.funds-held.1", "task.parts-assigned.1", "task.keys-released.1", "task.parts-accepted.1", "account.hold-settled.1"])
            Assert.Contains(kind, manifests);
        Assert.Equal(Enumerable.Range(1, receipt.Entries.Count(e => e.Entity == $"task-{task}")), receipt.Entries.Where(e => e.Entity == $"task-{task}").Select(e => (int)e.SequenceNr));

        // Any byte of it that is not what happened is found.
        var forged = receipt with { Entries = [receipt.Entries[0] with { Payload = [.. receipt.Entries[0].Payload[..^1], 0xff] }, .. receipt.Entries.Skip(1)] };
        Assert.Equal(FaultCodes.ProofFailed, forged.Verify(policy).Fault?.Code);
    }

    [Fact]
    public async Task A_receipt_is_its_owners_alone()
    {
        hub.AttachNodes(answers: true);
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 1);
        await FinalAsync(user, $"/v1/tasks/{task}/receipt");
        (await other.GetAsync($"/v1/tasks/{task}/receipt")).AssertProblem(404, FaultCodes.NotFound);
        (await Answer.OfAsync(hub.Http.GetAsync($"/v1/tasks/{task}/receipt"))).AssertProblem(401, FaultCodes.Unauthorized);
    }

    [Fact]
    public async Task An_account_lists_its_events_and_proves_each()
    {
        using var user = await hub.NewUserAsync(tokens: 7);
        var page = await Eventually.Async(
            async () => (await user.GetAsync("/v1/account/receipts")).Read<AccountReceiptPage>(), p => p.Entries.Count == 3 && p.Entries.All(e => e.Status == Receipt.Final));
        Assert.Equal(["account.opened.1", "account.key-added.1", "account.tokens-granted.1"], page.Entries.Select(e => e.Manifest));
        Assert.Null(page.Next);
        var receipt = Receipt.Parse((await user.GetAsync("/v1/account/receipts/3")).AssertStatus(200).Body).Value;
        Assert.True(receipt.Verify(WitnessPolicy.Parse((await LogAsync()).Policy).Value).IsOk);
        Assert.Equal("account.tokens-granted.1", receipt.Entries.Single().Manifest);
        (await user.GetAsync("/v1/account/receipts/4")).AssertProblem(404, FaultCodes.NotFound);
    }

    [Fact]
    public async Task A_deleted_task_has_no_receipt_any_more_and_the_ledger_stays_whole()
    {
        hub.AttachNodes(answers: true);
        using var user = await hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 1);
        var before = await FinalAsync(user, $"/v1/tasks/{task}/receipt");
        (await user.DeleteAsync($"/v1/tasks/{task}")).AssertStatus(204);
        await Eventually.Async(() => user.GetAsync($"/v1/tasks/{task}/receipt"), a => a.Status == 410);
        Assert.True(before.Verify(WitnessPolicy.Parse((await LogAsync()).Policy).Value).IsOk);
    }

    [Fact]
    public async Task The_logs_files_are_served_as_files_and_nothing_else_is()
    {
        using var user = await hub.NewUserAsync();
        await Eventually.Async(async () => (await LogAsync()).Size, size => size > 3);
        var answer = await Answer.OfAsync(hub.Http.GetAsync("/ledger/checkpoint"));
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(answer.AssertStatus(200).Body).Value.Text).Value;
        var tile = Tile.Holding(0, 0, checkpoint.Size);
        var hashes = await Answer.OfAsync(hub.Http.GetAsync($"/ledger/{tile.Path}"));
        Assert.Equal(tile.Width * MerkleHash.Size, hashes.AssertStatus(200).Body.Length);
        Assert.Contains("immutable", hashes.Response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        var entries = EntryBundle.Read((await Answer.OfAsync(hub.Http.GetAsync($"/ledger/{tile.EntriesPath}"))).AssertStatus(200).Body, tile.Width).Value;
        Assert.IsType<BeginningLeaf>(Leaf.Parse(entries[0]).Value);
        Assert.Equal(tile.Width, PayloadBundle.Read((await Answer.OfAsync(hub.Http.GetAsync($"/ledger/{tile.PayloadPath}"))).AssertStatus(200).Body, tile.Width).Value.Count);
        foreach (var wrong in (string[])["tile/0/00", "tile/64/000", "tile/0/../../ledger.key", "tile/0/%2e%2e/%2e%2e/%2e%2e/ledger.db", "tile/entries/999", "tile/0/000.p/0"])
            Assert.Equal(404, (await Answer.OfAsync(hub.Http.GetAsync($"/ledger/{wrong}"))).Status);
    }

    [Fact]
    public async Task The_page_for_people_is_served_without_anything_from_elsewhere()
    {
        foreach (var (path, type) in ((string, string)[])[("/ledger", "text/html"), ("/ledger/", "text/html"), ("/ledger/explorer.css", "text/css"), ("/ledger/explorer.js", "text/javascript")])
        {
            var answer = (await Answer.OfAsync(hub.Http.GetAsync(path))).AssertStatus(200);
            Assert.Equal(type, answer.Response.Content.Headers.ContentType?.MediaType);
            Assert.Contains("default-src 'self'", answer.Response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.DoesNotContain("https://", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_explorer_shows_blocks_that_are_chained()
    {
        using var user = await hub.NewUserAsync();
        var blocks = await Eventually.Async(
            async () => (await Answer.OfAsync(hub.Http.GetAsync("/ledger/blocks?limit=2"))).AssertStatus(200).Read<BlockInfo[]>(), b => b.Length == 2);
        Assert.Equal(blocks[1].Hash, blocks[0].PreviousHash);
        Assert.Equal(blocks[1].Size, blocks[0].PreviousSize);
        var detail = (await Answer.OfAsync(hub.Http.GetAsync($"/ledger/blocks/{blocks[0].Height}"))).AssertStatus(200).Read<BlockDetail>();
        var checkpoint = Checkpoint.Parse(SignedNote.Parse(Encoding.UTF8.GetBytes(detail.Checkpoint)).Value.Text).Value;
        Assert.Equal(BlockLeaf.HashOfBlock(checkpoint).ToString(), detail.Block.Hash);
        var header = (await Answer.OfAsync(hub.Http.GetAsync($"/ledger/entries/{detail.FirstEntry}"))).AssertStatus(200).Read<EntryInfo>();
        Assert.Equal(("block", detail.Block.Height, detail.Block.PreviousHash), (header.Kind, header.Height, header.PreviousBlock));
        Assert.Equal("beginning", (await Answer.OfAsync(hub.Http.GetAsync("/ledger/entries/0"))).Read<EntryInfo>().Kind);
        (await Answer.OfAsync(hub.Http.GetAsync("/ledger/entries/999999999"))).AssertProblem(404, FaultCodes.NotFound);
        (await Answer.OfAsync(hub.Http.GetAsync("/ledger/blocks/999999999"))).AssertProblem(404, FaultCodes.NotFound);
        Assert.Equal(400, (await Answer.OfAsync(hub.Http.GetAsync("/ledger/entries/minus"))).Status);
    }

    private async Task<LogInfo> LogAsync() => (await Answer.OfAsync(hub.Http.GetAsync("/ledger/log.json"))).AssertStatus(200).Read<LogInfo>();

    private static async Task<Receipt> FinalAsync(TestUser user, string path)
    {
        var answer = await Eventually.Async(() => user.GetAsync(path), a => a.Status == 200 && Receipt.Parse(a.Body).Value.Status == Receipt.Final);
        return Receipt.Parse(answer.Body).Value;
    }
}
