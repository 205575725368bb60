using Akka.Actor;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Entities;

/// <summary>One account. It sends what it owes on once per payout window, until the payee confirms.</summary>
internal sealed class AccountEntity(AccountId id, TimeProvider time, Neighbours others, TimeSpan payoutWindow)
    : EntityActor<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect>(
        $"account-{id}", AccountState.Of(id), time)
{
    private bool _payoutArranged;

    /// <inheritdoc/>
    protected override int SnapshotEvery => 2000;

    /// <inheritdoc/>
    protected override Decision<IAccountEvent, AccountReply, IAccountEffect> Decide(AccountState state, IAccountCommand command)
        => AccountDecider.Decide(state, command);

    /// <inheritdoc/>
    protected override AccountState Apply(AccountState state, IAccountEvent happened) => AccountDecider.Apply(state, happened);

    /// <summary>Payees confirm one by one and mostly together: neighbouring confirmations become one event.</summary>
    protected override IReadOnlyList<IAccountEvent> Coalesce(IReadOnlyList<IAccountEvent> batch)
    {
        var folded = new List<IAccountEvent>(batch.Count);
        foreach (var happened in batch)
        {
            if (happened is PayoutsConfirmed next && folded is [.., PayoutsConfirmed last])
                folded[^1] = new PayoutsConfirmed([.. last.Numbers, .. next.Numbers], next.At);
            else
                folded.Add(happened);
        }

        return folded;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IAccountEffect> After(
        AccountState before, AccountState after, IReadOnlyList<IAccountEvent> batch)
        => AccountDecider.After(before, after, batch, Now);

    /// <inheritdoc/>
    protected override IReadOnlyList<IAccountEffect> Owed(AccountState durable) => AccountDecider.Owed(durable, Now);

    /// <inheritdoc/>
    protected override IAccountCommand Wake(DateTimeOffset now)
    {
        _payoutArranged = false;
        return new PayOut(id, now);
    }

    /// <inheritdoc/>
    protected override string ManifestOf(IAccountEvent happened) => JournalSerializer.Codecs.ManifestOf(happened.GetType());

    /// <inheritdoc/>
    protected override void Perform(IAccountEffect effect)
    {
        switch (effect)
        {
            case AnswerHold e:
                Send(others.Tasks, new HoldAnswered(e.Task, e.Refusal, e.Held, e.Change, Now));
                break;
            case AnswerSettlement e:
                Send(others.Tasks, new SettlementBooked(e.Task, e.Number, e.Closed, Now));
                break;
            case SendPayout e:
                Send(others.Accounts, new ReceivePayout(e.Payout.Payee, id, e.Payout.Number, e.Payout.Amount, Now));
                break;
            case ConfirmPayout e:
                Send(others.Accounts, new PayoutReceived(e.Payer, id, e.Number, Now));
                break;
            case SchedulePayout:
                if (!_payoutArranged)
                    WakeAt(Now + payoutWindow);
                _payoutArranged = true;
                break;
            default:
                throw new InvalidOperationException($"An account cannot perform {effect.GetType().Name}.");
        }
    }

    private DateTimeOffset Now => Time.GetUtcNow();

    private static void Send(IActorRef to, object message) => to.Tell(message, ActorRefs.NoSender);
}
