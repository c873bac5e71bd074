# Starts a program for which folders of this machine stand at container paths, in a mount namespace of its own that
# only it sees: sh enclose.sh OLD DIR UID GID PATH FOLDER [PATH FOLDER]... -- PROGRAM [ARGUMENT]...
# OLD is an empty folder, each PATH lies directly in /opt, and whatever else is in /opt stays there.
set -e
old=$1 dir=$2 uid=$3 gid=$4
shift 4
mount --rbind /opt "$old"
mount -t tmpfs none /opt
mapped=' '
while [ "$1" != -- ]; do
  mkdir "$1"
  # A folder in /opt is still to be found where /opt was put.
  case $2 in
    /opt/*) from=$old/${2#/opt/} ;;
    *) from=$2 ;;
  esac
  mount --bind "$from" "$1"
  mapped="$mapped$1 "
  shift 2
done
shift
for entry in "$old"/* "$old"/.[!.]*; do
  to=/opt/${entry##*/}
  case $mapped in *" $to "*) continue ;; esac
  if [ -L "$entry" ]; then
    cp -P "$entry" "$to"
  elif [ -d "$entry" ]; then
    mkdir "$to"
    mount --rbind "$entry" "$to"
  elif [ -e "$entry" ]; then
    : > "$to"
    mount --bind "$entry" "$to"
  fi
done
cd "$dir"
[ "$uid" = 0 ] || exec unshare --user --map-user="$uid" --map-group="$gid" -- "$@"
exec "$@"
