using System.Text.Json;
using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Tests;

namespace Rxelon.Client.Tests.Ledger;

/// <summary>
/// What <c>rxelon ledger unpack</c> writes, judged without our code: sigstore's verifier for signature and inclusion, Node's own
/// crypto for the opening (tests/interop/ledger.mjs).
/// </summary>
public sealed class UnpackedSpecs : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PaidTask _task = new();

    private sealed record Unpacked(byte[] Proof, byte[] Leaf, JsonElement Opening, byte[] PublicKey);

    public void Dispose()
    {
        _task.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Other_peoples_verifiers_accept_what_was_unpacked_and_refuse_what_was_altered()
    {
        var receipt = _task.Receipt();
        Assert.Null(ReceiptUnpacker.Unpack(receipt, _folder["proofs"]));
        var good = Enumerable.Range(0, receipt.Entries.Count).Select(Read).ToList();
        List<Unpacked> bad =
        [
            good[3] with { Leaf = good[4].Leaf },
            good[3] with { Proof = good[4].Proof },
            good[3] with { Opening = good[4].Opening },
            good[3] with { PublicKey = [.. good[3].PublicKey.Reverse()] },
        ];
        var verdicts = await NodeScript.RunAsync<Unpacked[], string?[]>("ledger.mjs", [.. good, .. bad]);
        Assert.All(verdicts.Take(good.Count), Assert.Null);
        Assert.All(verdicts.Skip(good.Count), Assert.NotNull);
        Assert.Equal(good.Count + bad.Count, verdicts.Length);
    }

    private Unpacked Read(int entry)
    {
        var name = _folder[$"proofs/{entry:D3}"];
        using var opening = JsonDocument.Parse(File.ReadAllBytes(name + ".opening.json"));
        return new Unpacked(File.ReadAllBytes(name + ".tlog-proof"), File.ReadAllBytes(name + ".leaf"), opening.RootElement.Clone(), _task.World.LogKey.PublicKey);
    }
}
