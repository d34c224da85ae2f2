// null stands for no parameters
$ sf-jwt call ping null
<< {}
