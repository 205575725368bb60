using Rxelon.Client.KeyHolding;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.KeyHolding;

/// <summary>What a key holder checks before it seals, against hubs and nodes that lie in one place each.</summary>
public sealed class KeyHolderSpecs : IDisposable
{
    private readonly KeyHubWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_node_that_the_ledger_knows_gets_exactly_the_four_keys_of_its_attempt()
    {
        Assert.Null(await _world.AttendAsync());
        var grant = Assert.Single(_world.Granted);
        Assert.Equal((2, 1, _world.Node), (grant.Part, grant.Attempt, grant.Node));
        Assert.True(SealedKey.TryRead(grant.Sealed, out var sealedKeys));
        var context = KeyWrapContext.PartGrant(KeyHubWorld.Task, 2, 1, _world.Node);
        byte[] expected =
        [
            .. KeySchedule.Input(_world.TaskKey, 2), .. KeySchedule.Result(_world.TaskKey, 2, 1), .. KeySchedule.Log(_world.TaskKey, 2, 1),
            .. KeySchedule.Shared(_world.TaskKey, "program"),
        ];
        Assert.Equal(expected, KeyWrap.Unwrap(sealedKeys, _world.Session, context).Value);
        using var other = ExchangeKeyPair.Generate();
        Assert.False(KeyWrap.Unwrap(sealedKeys, other, context).IsOk);
    }

    [Fact]
    public async Task An_attempt_that_goes_on_from_another_ones_checkpoint_gets_the_keys_of_both()
    {
        _world.Request = _world.Request! with { Attempt = 3, MayLeaveCheckpoint = true, BeginsFrom = 1 };
        Assert.Null(await _world.AttendAsync());
        Assert.True(SealedKey.TryRead(Assert.Single(_world.Granted).Sealed, out var sealedKeys));
        using var keys = GrantedKeys.Read(
            [KeyWrap.Unwrap(sealedKeys, _world.Session, KeyWrapContext.PartGrant(KeyHubWorld.Task, 2, 3, _world.Node)).Value], 0).Value;
        Assert.Equal(KeySchedule.Checkpoint(_world.TaskKey, 2, 3), keys.Checkpoint);
        Assert.Equal(KeySchedule.Checkpoint(_world.TaskKey, 2, 1), keys.Former);
    }

    [Fact]
    public async Task A_checkpoint_of_an_attempt_that_was_not_before_it_gets_nothing()
    {
        _world.Request = _world.Request! with { MayLeaveCheckpoint = true, BeginsFrom = 1 };
        await RefusedAsync(FaultCodes.ProofFailed);
    }

    [Fact]
    public async Task While_the_ledger_cannot_prove_the_node_yet_the_holder_waits()
    {
        _world.Pending = 2;
        Assert.Null(await _world.AttendAsync());
        Assert.Single(_world.Granted);
        Assert.True(_world.Pending < 0, "It sealed before the proof was there.");
    }

    [Fact]
    public async Task A_session_key_that_the_hub_slipped_in_gets_nothing()
    {
        using var hubs = ExchangeKeyPair.Generate();
        _world.Request = _world.Request! with { SessionKey = hubs.PublicKey };
        await RefusedAsync(FaultCodes.BadSignature);
    }

    [Fact]
    public async Task An_identity_that_the_nodes_id_does_not_follow_from_gets_nothing()
    {
        using var hubs = SigningKeyPair.Generate();
        _world.Request = KeyHubWorld.Honest(hubs, _world.Session.PublicKey) with { Node = _world.Node };
        await RefusedAsync(FaultCodes.BadSignature);
    }

    [Fact]
    public async Task A_nonce_that_was_not_signed_gets_nothing()
    {
        _world.Request = _world.Request! with { Nonce = new byte[16] };
        await RefusedAsync(FaultCodes.BadSignature);
    }

    [Fact]
    public async Task A_node_that_is_not_the_one_whose_enrolment_is_shown_gets_nothing()
    {
        using var unknown = SigningKeyPair.Generate();
        _world.Request = KeyHubWorld.Honest(unknown, _world.Session.PublicKey);
        await RefusedAsync(FaultCodes.ProofFailed);
    }

    [Fact]
    public async Task An_enrolment_that_the_node_did_not_sign_gets_nothing()
    {
        using var unsigned = new KeyHubWorld(signedEnrolment: false);
        Assert.Equal(FaultCodes.ProofFailed, (await unsigned.AttendAsync())?.Code);
        Assert.Empty(unsigned.Granted);
    }

    [Fact]
    public async Task An_altered_enrolment_gets_nothing()
    {
        var entry = _world.Shown.Entries[0];
        _world.Shown = _world.Shown with { Entries = [entry with { Payload = [.. entry.Payload, 0x30, 1] }] };
        await RefusedAsync(FaultCodes.ProofFailed);
    }

    [Fact]
    public async Task A_proof_under_another_history_than_the_one_everybody_sees_gets_nothing_though_the_logs_key_signed_it()
    {
        using var fork = _world.Fork();
        _world.Shown = _world.Receipt(fork);
        Assert.True(_world.Shown.Verify(_world.Log.Policy).IsOk); // by itself it holds
        await RefusedAsync(FaultCodes.LedgerFork);
    }

    [Fact]
    public async Task A_node_of_an_operator_whom_the_task_denies_gets_nothing_whatever_operator_the_hub_names()
    {
        _world.Request = _world.Request! with { Operator = Shared.Ids.AccountId.FromBytes([9, .. new byte[15]]) };
        var fault = await _world.AttendAsync(s => s with { Placement = new Placement { DenyOperators = [KeyHubWorld.Operator.ToString()] } });
        Assert.Equal(FaultCodes.Forbidden, fault?.Code);
        Assert.Empty(_world.Granted);
    }

    [Fact]
    public async Task Attested_custody_needs_somebody_who_can_check_a_quote_and_a_quote()
    {
        Assert.Equal(FaultCodes.CustodyUnavailable, (await _world.AttendAsync(Attested))?.Code);
        _world.Verifier = new TestVerifier();
        Assert.Equal(FaultCodes.CustodyUnavailable, (await _world.AttendAsync(Attested))?.Code);
        Assert.Empty(_world.Granted);
    }

    [Fact]
    public async Task Under_attested_custody_keys_go_for_a_quote_that_is_bound_to_the_session_and_for_no_other()
    {
        _world.Verifier = new TestVerifier();
        _world.Request = _world.Request! with { Quote = TestVerifier.Quote(new byte[32]) };
        Assert.Equal(FaultCodes.BadSignature, (await _world.AttendAsync(Attested))?.Code);
        Assert.Empty(_world.Granted);
        _world.Request = _world.Request with { Quote = TestVerifier.Quote(_world.Session.PublicKey) };
        Assert.Null(await _world.AttendAsync(Attested));
        Assert.Single(_world.Granted);
    }

    private static TaskSpec Attested(TaskSpec spec) => spec with { Privacy = spec.Privacy with { Custody = Custody.Attested } };

    private async Task RefusedAsync(string code)
    {
        var fault = await _world.AttendAsync();
        Assert.True(code == fault?.Code, $"{fault?.Code}: {fault?.Message}");
        Assert.Empty(_world.Granted);
    }

    /// <summary>A quote of no hardware: the session key's hash behind a word. It shows that the port is asked, and nothing else.</summary>
    private sealed class TestVerifier : IAttestationVerifier
    {
        public static byte[] Quote(byte[] sessionKey) => [.. "test quote"u8, .. global::System.Security.Cryptography.SHA256.HashData(sessionKey)];

        public ValueTask<Fault?> CheckAsync(KeyRequestInfo request, CancellationToken ct)
            => ValueTask.FromResult(request.Quote.AsSpan().SequenceEqual(Quote(request.SessionKey))
                ? null
                : new Fault(FaultCodes.BadSignature, "The quote is of another session.", Culprit.Node));
    }
}
