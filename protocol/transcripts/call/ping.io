// one call from the command line
$ sf-jwt call ping
<< {}
