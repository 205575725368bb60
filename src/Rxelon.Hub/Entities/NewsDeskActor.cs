using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Entities;

/// <summary>
/// Passes tasks' news on to who watches them on this hub. Keeps nothing: a watcher asks the task for its state first, and news
/// only tell what changed since.
/// </summary>
internal sealed class NewsDeskActor : UntypedActor
{
    private readonly Dictionary<TaskId, HashSet<IActorRef>> _watchers = [];
    private readonly Dictionary<IActorRef, HashSet<TaskId>> _watched = [];

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TaskNews news:
                foreach (var watcher in _watchers.GetValueOrDefault(news.Task) ?? [])
                    watcher.Tell(news, ActorRefs.NoSender);
                break;
            case Watch w:
                Add(w);
                break;
            case Unwatch u:
                Remove(u.Task, u.Watcher);
                break;
            case Terminated gone:
                foreach (var task in _watched.GetValueOrDefault(gone.ActorRef)?.ToList() ?? [])
                    Remove(task, gone.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Add(Watch w)
    {
        if (!_watchers.TryGetValue(w.Task, out var watchers))
            _watchers.Add(w.Task, watchers = []);
        watchers.Add(w.Watcher);
        if (!_watched.TryGetValue(w.Watcher, out var tasks))
        {
            _watched.Add(w.Watcher, tasks = []);
            Context.Watch(w.Watcher);
        }

        tasks.Add(w.Task);
    }

    private void Remove(TaskId task, IActorRef watcher)
    {
        if (_watchers.TryGetValue(task, out var watchers) && watchers.Remove(watcher) && watchers.Count == 0)
            _watchers.Remove(task);
        if (!_watched.TryGetValue(watcher, out var tasks) || !tasks.Remove(task) || tasks.Count > 0)
            return;
        _watched.Remove(watcher);
        Context.Unwatch(watcher);
    }
}
