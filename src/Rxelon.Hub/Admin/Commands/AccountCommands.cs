using Rxelon.Domain.Accounts;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>accounts list</c>.</summary>
internal sealed class AccountsList(AdminContext context) : IAdminCommand
{
    public string Module => "accounts";

    public string Verb => "list";

    public string Description => "All accounts";

    public IReadOnlyList<AdminSwitch> Switches => [];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        foreach (var account in context.Accounts.All())
            output.Line($"{account.Account}  {account.Kind,-8}  {account.Name}{(account.Closed ? "  closed" : "")}");
        return Task.FromResult(0);
    }
}

/// <summary><c>accounts show</c>: balances.</summary>
internal sealed class AccountsShow(AdminContext context) : IAdminCommand
{
    public string Module => "accounts";

    public string Verb => "show";

    public string Description => "An account's balances";

    public IReadOnlyList<AdminSwitch> Switches => [new("account", "id, name, or 'treasury'", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (context.FindAccount(arguments.Need("account")) is not { } id)
        {
            output.Line($"There is no account '{arguments.Need("account")}', or several have that name.");
            return 1;
        }

        if (await context.AskAsync<AccountRegion>(new GetAccount(id, context.Now), cancel) is not AccountView view)
        {
            output.Line($"{id} was never opened.");
            return 1;
        }

        output.Line($"account     {view.Account} ({view.Kind}) {view.Name}");
        output.Line($"available   {view.Available}");
        output.Line($"held        {view.Held}");
        output.Line($"owed        {view.Owed}");
        output.Line($"in transit  {view.InTransit}");
        output.Line($"earned      {view.Earned}");
        output.Line($"spent       {view.Spent}");
        return 0;
    }
}

/// <summary><c>accounts grant</c>: new money into an account.</summary>
internal sealed class AccountsGrant(AdminContext context) : IAdminCommand
{
    public string Module => "accounts";

    public string Verb => "grant";

    public string Description => "Mint tokens into an account";

    public IReadOnlyList<AdminSwitch> Switches =>
    [
        new("account", "id or name", Required: true), new("amount", "tokens, such as 2.5", Required: true),
        new("id", "repeat with the same id to be sure that it happened once"),
    ];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (context.FindAccount(arguments.Need("account")) is not { } account)
        {
            output.Line($"There is no account '{arguments.Need("account")}', or several have that name.");
            return 1;
        }

        if (!Tokens.TryParse(arguments.Need("amount"), out var amount) || amount == Tokens.Zero)
        {
            output.Line("-amount takes a positive number of tokens with at most six places.");
            return 1;
        }

        var command = arguments.Get("id") ?? $"grant-{context.Now.ToUnixTimeMilliseconds()}-{Base32.Encode(System.Security.Cryptography.RandomNumberGenerator.GetBytes(5))}";
        var reply = (AccountReply)await context.AskAsync<AccountRegion>(new GrantTokens(account, amount, command, arguments.By, context.Now), cancel);
        output.Line(reply is AccountRefused refused ? $"{refused.Fault.Code}: {refused.Fault.Message}" : $"{account} +{amount} (id {command})");
        return reply is AccountRefused ? 1 : 0;
    }
}
