// blank lines, CRLF, a byte order mark, and no end of the last line
$ sf-jwt serve
>>| "﻿\r\n \n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n"
<< {"jsonrpc":"2.0","id":1,"result":{}}
>>| "\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n"
<< {"jsonrpc":"2.0","id":2,"result":{}}
