using System.Reflection;
using Rxelon.Domain.Accounts;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Http;

/// <summary>
/// Who asks, as <see cref="AccountGate"/> found out. The view may be some seconds old: fine for keys and names, not for money.
/// </summary>
internal sealed record Caller(AccountView View) : IBindableFromHttpContext<Caller>
{
    internal AccountId Account => View.Account;

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(context.Features.Get<Caller>());
}

/// <summary>Marks endpoints that need an API key.</summary>
internal sealed class NeedsAccount
{
    internal static NeedsAccount Instance { get; } = new();
}
