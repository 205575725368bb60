namespace Rxelon.Domain.Kernel;

/// <summary>
/// An event that is folded into both copies of the state like any other, in order, but never written: knowledge that is
/// lost with the process and learnt again by asking (a hold is in place, a settlement is under way, a hold is closed).
/// </summary>
public interface IVolatileEvent;

/// <summary>A command that changes nothing: the shell decides it on the durable state and answers at once.</summary>
public interface IQuery;
