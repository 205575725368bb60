using System.Net;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Sealing;

/// <summary>The hub before its witnesses: what it asks, whom it believes, and when it must not go on.</summary>
public sealed class WitnessPanelSpecs : IDisposable
{
    private readonly SealingWorld _world = new();
    private readonly ScriptedWitnesses _witnesses = new();
    private readonly Sealer _sealer;

    public WitnessPanelSpecs() => _sealer = _world.Open();

    public void Dispose()
    {
        _sealer.Dispose();
        _world.Dispose();
        _witnesses.Dispose();
    }

    [Fact]
    public async Task Every_witness_vouches_for_a_log_that_only_grows()
    {
        using var panel = Panel("all", "w1", "w2", "w3");
        for (var round = 0; round < 3; round++)
        {
            SealerSpecs.Fill(_world, 3, 150);
            var answer = await CosignAsync(panel);
            Assert.True(Check(panel, answer).IsOk);
            Assert.Null(answer.Ahead);
            Assert.All(panel.Status, w => Assert.Equal((_sealer.Size, null), (w.Size, w.Trouble)));
        }
    }

    [Fact]
    public async Task A_hub_that_has_forgotten_what_a_witness_saw_asks_it()
    {
        using (var panel = Panel("all", "w1"))
        {
            SealerSpecs.Fill(_world, 2, 20);
            await CosignAsync(panel);
        }

        using var again = New(); // as after a restart
        SealerSpecs.Fill(_world, 2, 20);
        Assert.True(Check(again, await CosignAsync(again)).IsOk);
        Assert.Equal(_sealer.Size, _witnesses.SizeAt("w1"));
    }

    [Fact]
    public async Task Publication_goes_on_without_some_and_waits_without_too_many()
    {
        using var panel = Panel("3", "w1", "w2", "w3", "w4");
        SealerSpecs.Fill(_world, 2, 20);
        _witnesses.Instead["w2"] = SilentAsync;
        var answer = await CosignAsync(panel);
        Assert.True(Check(panel, answer).IsOk);
        Assert.Equal(3, answer.Note.Signatures.Count - 1);
        Assert.Contains("no answer", panel.Status.Single(w => w.Name == "w2").Trouble, StringComparison.Ordinal);

        _witnesses.Instead["w3"] = (_, _) => throw new HttpRequestException("refused");
        SealerSpecs.Fill(_world, 2, 20);
        Assert.Equal(FaultCodes.NotYet, Check(panel, await CosignAsync(panel)).Fault?.Code);

        _witnesses.Instead.Clear();
        SealerSpecs.Fill(_world, 2, 20);
        Assert.True(Check(panel, await CosignAsync(panel)).IsOk);
        Assert.All(panel.Status, w => Assert.Null(w.Trouble));
    }

    [Theory]
    [InlineData("")]
    [InlineData("— w1.test AAAA\n")]
    [InlineData("not a signature at all\n")]
    [InlineData("— w1.test Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n")]
    public async Task An_answer_without_the_witness_own_signature_counts_for_nothing(string body)
    {
        using var panel = Panel("all", "w1");
        _witnesses.Instead["w1"] = (_, _) => Task.FromResult(ScriptedWitnesses.Answer(HttpStatusCode.OK, body));
        SealerSpecs.Fill(_world, 2, 20);
        Assert.Equal(FaultCodes.NotYet, Check(panel, await CosignAsync(panel)).Fault?.Code);
        Assert.NotNull(panel.Status[0].Trouble);
    }

    [Fact]
    public async Task A_witness_that_answers_without_end_is_not_read_to_the_end()
    {
        using var panel = Panel("all", "w1");
        _witnesses.Instead["w1"] = (_, _) => Task.FromResult(ScriptedWitnesses.Answer(HttpStatusCode.OK, new string('x', 10 << 20)));
        SealerSpecs.Fill(_world, 2, 20);
        Assert.Equal(FaultCodes.NotYet, Check(panel, await CosignAsync(panel)).Fault?.Code);
    }

    [Fact]
    public async Task A_restored_backup_is_noticed_before_anything_is_signed()
    {
        SealerSpecs.Fill(_world, 2, 20);
        _world.Round(_sealer);
        var later = _world.Keys.Sign(new Checkpoint(SealingWorld.Origin, _sealer.Size + 5, MerkleHash.OfLeaf([])).ToString(), default);
        using var panel = Panel("all", "w1", "w2");
        _witnesses.Remember("w2", later);
        var look = await panel.LookAsync(SealingWorld.Origin, _sealer.Size, _world.Keys.VerifierKeys, default);
        Assert.Equal(FaultCodes.LedgerAhead, look.Ahead?.Code);
        Assert.Contains("restored backup", look.Ahead!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_root_in_a_witness_hands_is_a_fork()
    {
        SealerSpecs.Fill(_world, 2, 20);
        _world.Round(_sealer);
        using var panel = Panel("all", "w1");
        _witnesses.Remember("w1", _world.Keys.Sign(new Checkpoint(SealingWorld.Origin, _sealer.Size - 3, MerkleHash.OfLeaf([])).ToString(), default));
        Assert.Equal(FaultCodes.LedgerAhead, (await panel.LookAsync(SealingWorld.Origin, _sealer.Size, _world.Keys.VerifierKeys, default)).Ahead?.Code);
        // And when it comes to light only later.
        Assert.Equal(FaultCodes.LedgerAhead, (await CosignAsync(panel)).Ahead?.Code);
    }

    [Fact]
    public async Task A_witness_that_only_says_that_the_log_is_behind_stops_nobody()
    {
        using var stranger = SigningKeyPair.Generate();
        SealerSpecs.Fill(_world, 2, 20);
        _world.Round(_sealer);
        using var panel = Panel("1", "w1", "w2");
        _witnesses.Remember("w1", SignedNote.Sign(new Checkpoint(SealingWorld.Origin, 1_000_000, MerkleHash.OfLeaf([])).ToString(), SealingWorld.Origin, stranger));
        var look = await panel.LookAsync(SealingWorld.Origin, _sealer.Size, _world.Keys.VerifierKeys, default);
        Assert.Null(look.Ahead);
        Assert.True(look.Enough); // by the other one
        Assert.True(Check(panel, await CosignAsync(panel)).IsOk);
    }

    [Fact]
    public async Task Nothing_is_signed_while_too_few_say_what_they_have_seen()
    {
        SealerSpecs.Fill(_world, 2, 20);
        _world.Round(_sealer);
        using var panel = Panel("2", "w1", "w2", "w3");
        _witnesses.Instead["w1"] = SilentAsync;
        _witnesses.Instead["w2"] = SilentAsync;
        var look = await panel.LookAsync(SealingWorld.Origin, _sealer.Size, _world.Keys.VerifierKeys, default);
        Assert.Equal((null, false), (look.Ahead, look.Enough));
        _witnesses.Instead.Remove("w1");
        Assert.True((await panel.LookAsync(SealingWorld.Origin, _sealer.Size, _world.Keys.VerifierKeys, default)).Enough);
    }

    private static async Task<HttpResponseMessage> SilentAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        throw new InvalidOperationException("unreachable");
    }

    private string _policy = "";

    private WitnessPanel Panel(string needed, params string[] names)
    {
        _policy = $"log {_world.Keys.Current.Verifier}\n{string.Concat(names.Select(_witnesses.Add))}group g {needed} {string.Join(' ', names)}\nquorum g\n";
        return New();
    }

    // Real time: the panel's patience is what is waited for.
    private WitnessPanel New() => new(
        WitnessPolicy.Parse(_policy).Value, new LogDirectory(_world.LogFolder), new Shared(_witnesses), TimeSpan.FromSeconds(2), TimeProvider.System);

    private async Task<PanelAnswer> CosignAsync(WitnessPanel panel)
    {
        while (_sealer.Advance(100) > 0)
        {
            // until the journal's end
        }

        return await panel.CosignAsync(_sealer.Sign().Note, _world.Keys.VerifierKeys, default);
    }

    private static Outcome<Checkpoint> Check(WitnessPanel panel, PanelAnswer answer) => panel.Policy.Check(answer.Note);

    /// <summary>Several panels in turn use one set of witnesses.</summary>
    private sealed class Shared(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override void Dispose(bool disposing)
        {
            // the test disposes the witnesses
        }
    }
}
