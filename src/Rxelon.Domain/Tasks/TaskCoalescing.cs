namespace Rxelon.Domain.Tasks;

/// <summary>Folds a batch of pending events into fewer, when their order does not matter.</summary>
public static class TaskCoalescing
{
}
