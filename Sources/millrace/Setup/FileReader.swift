import Glibc

/// Whom files beside a configuration are for: its owner and its group, or, before there is one, those of its folder.
///
/// The package gives `/etc/millrace` to the group `millrace`, which is the agent's: what root writes there is of no use
/// to the agent unless that group may read it.
struct FileReader {
    let owner: uid_t
    let group: gid_t
    /// Whether the group may read, and is another one than ours.
    let isForGroup: Bool

    init(of configuration: String) {
        var status = stat()
        var mask = mode_t(S_IRGRP)
        if stat(configuration, &status) != 0 {
            mask = mode_t(S_IRGRP | S_IXGRP)
            guard stat(AgentPlace.directory(of: configuration), &status) == 0 else {
                (owner, group, isForGroup) = (geteuid(), getegid(), false)
                return
            }
        }
        owner = status.st_uid
        group = status.st_gid
        isForGroup = status.st_mode & mask == mask && status.st_gid != getegid()
    }

    /// Of a file with a secret.
    var secretMode: mode_t { isForGroup ? 0o640 : 0o600 }

    /// What to do so that the agent can read a file that was named; nil where it can, as far as can be told.
    func advice(on path: String) -> String? {
        var status = stat()
        guard isForGroup, stat(path, &status) == 0, status.st_mode & mode_t(S_IROTH) == 0 else { return nil }
        if status.st_gid == group, status.st_mode & mode_t(S_IRGRP) != 0 { return nil }
        if status.st_uid == owner, owner != 0 { return nil }
        let name = getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? "\(group)"
        return "the agent may not read it: chgrp \(name) \(path); chmod 640 \(path)"
    }
}
