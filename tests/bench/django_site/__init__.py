"""The same decision as an experienced Django developer would make it: sessions, guardian, django-sendfile2."""
